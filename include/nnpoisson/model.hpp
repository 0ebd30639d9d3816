#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/network.hpp"
#include "nnpoisson/neurons.hpp"

namespace nnpoisson {

enum class Preset { exact, authors, neurons };  ///< which model and likelihood (docs/likelihood.md)
enum class NeuralTime { scaled, absolute };     ///< which time the network sees (time_scale)
[[nodiscard]] const char* to_string(Preset preset);
[[nodiscard]] const char* to_string(NeuralTime time);

/// The floor that is part of every intensity, Hz.
inline constexpr double intensity_floor = 1e-5;
/// What the published program divides every loss by.
inline constexpr double authors_loss_divisor = 200;

/// The time that the network sees under a preset: Preset::authors knows only scaled time.
[[nodiscard]] constexpr NeuralTime network_time(Preset preset, NeuralTime asked) {
  return preset == Preset::authors ? NeuralTime::scaled : asked;
}
/// kappa, the network's time over time since onset: W / T where it is scaled, with T how long a
/// trial was observed, s; else 1.
[[nodiscard]] constexpr double time_scale(NeuralTime time, double time_limit,
                                          double observed_until) {
  return time == NeuralTime::scaled ? time_limit / observed_until : 1;
}

/// A fitted model: all that `evaluate` and `sample` need.
struct Model {
  NetworkShape shape;
  Preset preset = Preset::exact;
  NeuralTime neural_time = NeuralTime::scaled;
  double time_limit = 0;                    ///< W, s
  std::vector<std::string> region_names;    ///< [G] in the order of the network's columns
  std::vector<std::string> stimulus_names;  ///< [F]
  /// [G] Hz for each unit on the training set: the null model of `evaluate`; may be empty.
  std::vector<double> constant_rate;
  std::vector<double> parameters;  ///< flat, in the order of ParameterLayout or NeuronLayout
  /// Preset neurons: sizes, and what the training trials fixed. `shape` is not in use.
  NeuronShape neuron_shape{};
  NeuronConstants neuron_constants{};
  /// Preset neurons: which units the model has, and the null model's rate of each, Hz.
  struct Units {
    std::vector<std::string> session;  ///< [U] its session's name
    std::vector<std::int64_t> id;      ///< [U] the recording's own number
    std::vector<double> constant_rate;
    bool operator==(const Units&) const = default;
  } units{};
  std::string source = "model";  ///< where it comes from, for messages: its file
};

/// RUN/model.h5: weights in Keras groups and the rest as attributes and datasets of group
/// `nnpoisson`.
void write_model(const std::filesystem::path& file, const Model& model);
[[nodiscard]] Model read_model(const std::filesystem::path& file);

/// A Keras HDF5 weight file (weights only) that the authors' build_model(...).load_weights reads.
/// Values are stored as float32.
void write_keras_weights(const std::filesystem::path& file, const NetworkShape& shape,
                         const std::vector<double>& parameters);

/// Reads the 21 tensors of a Keras file, full model (`model_weights/`) or weights only, at any
/// float width. Every shape is taken from the file and checked for consistency; stimulus_bypass is
/// set when R or d is not zero.
struct KerasWeights {
  NetworkShape shape;
  std::vector<double> parameters;
};
[[nodiscard]] KerasWeights read_keras_weights(const std::filesystem::path& file);

}  // namespace nnpoisson
