#pragma once

#include <cstddef>
#include <cstdint>
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
///
/// Of a model by neuron all of it is the mean over the trial's latent u given the stimulus: units
/// lambda_i E[exp(c_i u - c_i^2 / 2)], without drift; density_a = E[S(t | u) lambda_a(t | u)],
/// survival = E[S(t | u)], and an action's intensity is density / survival.
struct Prediction {
  std::vector<std::string> stimulus_names;  ///< [F] in the model's order
  std::vector<std::string> region_names;    ///< [G] in the model's order
  Model::Units unit;  ///< [U] names of `unit_...`; empty where only regions were asked for

  /// T, s: neural curves are those of a trial observed until then, and NaN after it.
  double observed_until = 0;
  std::vector<double> times;    ///< [K] s from onset
  std::vector<double> stimuli;  ///< [S x F]

  /// [S x G x K] Hz; 1. Of a model by neuron: means over a region's units.
  std::vector<double> region_intensity, region_cumulative;
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

/// What a model by neuron makes of single trials as their spikes come in. T trials, K times; u is
/// the trial's latent, one of the nodes of unit mean square (docs/neurons.md).
struct TrialPrediction {
  std::vector<double> times;  ///< [K] s from onset

  /// [T x K] The trial as known at a time: its stimulus, its spikes before then, and that there was
  /// no response. Mean and standard deviation of u; NaN from the response or the end of the trial
  /// on.
  std::vector<double> latent, latent_deviation;
  std::vector<double> left;  ///< [T x K] P(left | that, and a response before W); NaN at W, too

  std::vector<double> latent_of_spikes, latent_of_spikes_deviation;  ///< [T] of u, given all spikes
  std::vector<double> latent_of_all, latent_of_all_deviation;  ///< [T] given spikes and behaviour

  std::vector<std::string> session;   ///< [T] its name
  std::vector<std::int64_t> number;   ///< [T] trial_numbers()
  std::vector<std::int64_t> choice;   ///< [T] +1 left, -1 right, 0 none
  std::vector<double> response_time;  ///< [T] s, NaN: none seen

  [[nodiscard]] std::size_t size() const { return session.size(); }
};

struct TrialPredictOptions {
  std::vector<double> times{};  ///< s, ascending in [0, W]; empty: 0 to W in twentieths of W
  int threads = 0;              ///< 0: one for each processor; the result does not depend on it
};

/// Of all trials of a dataset, in its order. Throws UsageError for a model that is not by neuron
/// and for times out of range, DataError where dataset and model do not fit together; Interrupted
/// where `watch` ends it.
[[nodiscard]] TrialPrediction predict_trials(const Model& model, const Dataset& data,
                                             const TrialPredictOptions& options = {},
                                             const Watch& watch = {});

/// Throws UsageError unless the name ends in .h5, .csv or .npz. What each holds: docs/analysis.md.
void require_prediction_file(const std::filesystem::path& file);
/// Writes under a temporary name and renames. Throws UsageError (ending), ResourceError.
void write_prediction(const std::filesystem::path& file, const Prediction& prediction);
void write_trial_prediction(const std::filesystem::path& file, const TrialPrediction& prediction);

}  // namespace nnpoisson
