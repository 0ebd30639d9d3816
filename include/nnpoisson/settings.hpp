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

inline constexpr Preset default_preset = Preset::neurons;

/// Every setting of a fit, with the default preset's value. In TOML files and `--set` the key of a
/// field is its name after `model.` or `train.`.
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
    int iterations = 100;  ///< at most; a line of the log, a row of test.csv each
    int episodes = 1;      ///< passes over the training set in an iteration
    int batches = 10;      ///< steps in a pass (for each region in `authors`)
    double learning_rate = 0.01;
    double behaviour_weight = 1;    ///< beta
    double time_resolution = 1e-3;  ///< s of scaled time; 0: every spike's own time
    Precision precision = Precision::single_precision;
    NeuralTime neural_time = NeuralTime::scaled;
    double validation = 0;  ///< fraction of training trials held out for early stopping; 0: none
    int patience = 300;     ///< iterations without a better validation loss before the fit stops
    int save_every = 20;    ///< iterations between folders of weights
    // Of preset neurons:
    double shrinkage = 1;               ///< multiplies the penalty
    double intensity_shrinkage = 2;     ///< multiplies that of what makes the intensities once more
    double behaviour_shrinkage = 0.25;  ///< and this that of the actions' heads and of u's prior
  } train;

  Preset preset = default_preset;
  std::uint64_t seed = 0;
};

/// The defaults of a preset. `neurons`: no validation, the penalty does that work. `exact`:
/// learning rate 5e-3, 1000 iterations of 10 episodes, a tenth of the trials for validation.
/// `authors`: learning rate 1e-4, behaviour weight 0.01, 2000 iterations of 10 episodes, 10
/// batches, bypass on, every spike's own time, no validation.
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
