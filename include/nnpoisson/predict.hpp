#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// What a model says of stimuli, on a grid of times, in the exact meaning of Curves. S stimuli, F
/// features, G regions, U units, K times; actions are left, right. Cumulative hazards are expected
/// events since onset, of one unit or of an action.
struct Prediction {
  std::vector<std::string> stimulus_names;  ///< [F] in the model's order
  std::vector<std::string> region_names;    ///< [G] in the model's order
  Model::Units unit;  ///< [U] names of `unit_...`; empty where only regions were asked for

  /// T, s: neural curves are those of a trial observed until then, and NaN after it.
  double observed_until = 0;
  std::vector<double> times;    ///< [K] s from onset
  std::vector<double> stimuli;  ///< [S x F]

  std::vector<double> region_intensity, region_cumulative;  ///< [S x G x K] Hz; 1, of one unit
  std::vector<double> unit_intensity, unit_cumulative;      ///< [S x U x K] Hz; 1
  std::vector<double> action_intensity, action_cumulative;  ///< [S x 2 x K] Hz; 1

  std::vector<double> survival;     ///< [S x K] probability of no response up to a time
  std::vector<double> density;      ///< [S x 2 x K] 1/s: lambda_a(t) survival(t)
  std::vector<double> probability;  ///< [S x 2] of that response before W
  std::vector<double> median_time;  ///< [S] s, of responses before W

  [[nodiscard]] std::size_t size() const { return median_time.size(); }
};

struct PredictOptions {
  /// s, ascending in [0, W]; empty: 0 to W in hundredths of W.
  std::vector<double> times{};
  /// T in (0, W], s; 0: W. Where neural time is scaled, neural curves depend on it.
  double observed_until = 0;
  bool units = false;  ///< also every unit; needs a model that has an intensity for each
  int threads = 0;     ///< 0: one for each processor; the result does not depend on it
};

/// `stimuli`: each [F] in the model's order. Throws UsageError for times or T out of range, units
/// of a model that has none, a stimulus of another length; Interrupted where `watch` ends it.
[[nodiscard]] Prediction predict(const Model& model,
                                 const std::vector<std::vector<double>>& stimuli,
                                 const PredictOptions& options = {}, const Watch& watch = {});

/// The distinct stimuli of a dataset, ascending. Throws DataError where features or time limits
/// differ.
[[nodiscard]] std::vector<std::vector<double>> distinct_stimuli(const Model& model,
                                                                const Dataset& data);
/// Stimuli of a text file, separated by commas, whose first line names the model's features, in any
/// order; other columns are not read. Throws DataError, ResourceError.
[[nodiscard]] std::vector<std::vector<double>> read_stimuli(const Model& model,
                                                            const std::filesystem::path& file);

/// Throws UsageError unless the name ends in .h5, .csv or .npz. What each holds: docs/analysis.md.
void require_prediction_file(const std::filesystem::path& file);
/// Writes under a temporary name and renames. Throws UsageError (ending), ResourceError.
void write_prediction(const std::filesystem::path& file, const Prediction& prediction);

}  // namespace nnpoisson
