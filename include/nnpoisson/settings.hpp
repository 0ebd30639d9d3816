#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/model.hpp"

namespace nnpoisson {

enum class Precision { single_precision, double_precision };
[[nodiscard]] const char* to_string(Precision precision);

/// Every setting of a fit, with its default. In TOML files and `--set` the key of a field is its
/// name after `model.` or `train.`.
struct Settings {
  struct ModelSettings {
    std::array<int, 2> stimulus_widths{10, 10};
    int time_width = 10;
    int hidden_width = 10;
    int behaviour_width = 10;
    bool stimulus_bypass = false;  ///< on in `authors`
    // Of preset neurons:
    int features = 0;  ///< of time, shared by all units; 0: 20 where responses fall in W, else 10
    int nodes = 16;    ///< values of the trial's latent
    int rank = 0;      ///< signals that all units share; 0: each unit has rows of its own
    HeadKind heads = HeadKind::trunk;  ///< what the actions' hazards read
    bool shared_gain = true, private_gain = true, drift = true;
    bool operator==(const ModelSettings&) const = default;
  } model;

  struct TrainSettings {
    int iterations = 1000;  ///< at most; a line of the log, a row of test.csv each
    int episodes = 10;      ///< passes over the training set in an iteration
    int batches = 10;       ///< steps in a pass (for each region in `authors`)
    double learning_rate = 5e-3;
    double behaviour_weight = 1;    ///< beta
    double time_resolution = 1e-3;  ///< s of scaled time; 0: every spike's own time
    Precision precision = Precision::single_precision;
    NeuralTime neural_time = NeuralTime::scaled;
    double validation = 0.1;  ///< fraction of training trials held out for early stopping; 0: none
    int patience = 300;       ///< iterations without a better validation loss before the fit stops
    int save_every = 20;      ///< iterations between folders of weights
    double shrinkage = 1;     ///< neurons: multiplies the penalty
  } train;

  Preset preset = Preset::exact;
  std::uint64_t seed = 0;
};

/// The defaults of a preset. `neurons`: learning rate 0.01, 100 iterations of one pass, no
/// validation: the penalty does that work. `authors`: learning rate 1e-4, behaviour weight 0.01,
/// 2000 iterations of 10 episodes, 10 batches, bypass on, every spike's own time, no validation.
[[nodiscard]] Settings preset_settings(Preset preset);

/// Reads a TOML file over `settings`. Throws UsageError with file, line, key; an unknown key names
/// the nearest known one.
void apply_toml(Settings& settings, const std::filesystem::path& file);

/// Applies one "key=value" of the command line, the value in TOML syntax (a bare word is taken as a
/// string).
void apply_assignment(Settings& settings, const std::string& assignment);

/// Throws UsageError if a value is out of range or contradicts the preset.
void check(const Settings& settings);

/// All settings as TOML, so that the run can be repeated: preset, seed, [model], [train].
/// apply_toml reads it back unchanged.
[[nodiscard]] std::string to_toml(const Settings& settings);

}  // namespace nnpoisson
