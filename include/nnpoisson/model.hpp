#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/network.hpp"

namespace nnpoisson {

enum class Preset { exact, authors };        ///< which likelihood (docs/likelihood.md)
enum class NeuralTime { scaled, absolute };  ///< kappa = W / T_n, or 1
[[nodiscard]] const char* to_string(Preset preset);
[[nodiscard]] const char* to_string(NeuralTime time);

/// A fitted model: all that `evaluate` and `sample` need.
struct Model {
  NetworkShape shape;
  Preset preset = Preset::exact;
  NeuralTime neural_time = NeuralTime::scaled;
  double time_limit = 0;                    ///< W, s
  std::vector<std::string> region_names;    ///< [G] in the order of the network's columns
  std::vector<std::string> stimulus_names;  ///< [F]
  std::vector<double> constant_rate;  ///< [G] Hz for each unit on the training set: the null model
                                      ///< of `evaluate`; may be empty
  std::vector<double> parameters;     ///< flat, ParameterLayout order
  /// Readout by unit only: which units the network's columns are, and the null model's rate of
  /// each, Hz.
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
