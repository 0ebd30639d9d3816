#pragma once

#include <array>
#include <string>
#include <vector>

#include "curves/matched_trials.hpp"
#include "evaluate/conditions.hpp"
#include "evaluate/spike_pass.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// What the network says of the responses to each distinct stimulus.
struct StimulusPredictions {
  std::vector<std::vector<double>> stimulus;       ///< distinct ones, ascending
  std::vector<std::vector<std::size_t>> trials;    ///< of each
  std::vector<std::size_t> of_trial;               ///< [T] which one
  std::vector<ResponsePrediction> response;        ///< of each
  std::vector<ResponseDistribution> distribution;  ///< of each
  /// P(left) of trial n given that it is answered inside the window.
  [[nodiscard]] double left(std::size_t n) const {
    const auto& p = response[of_trial[n]];
    return p.left / (p.left + p.right);
  }
};
[[nodiscard]] StimulusPredictions predict_responses(const Model& model, const Dataset& data,
                                                    const MatchedTrials& trials, int threads);

/// One trial's log-likelihood, left and right, in the exact meaning and in the authors' form
/// without that form's divisor.
struct TrialTerms {
  std::array<double, 2> exact{}, authors{};
};
[[nodiscard]] std::vector<TrialTerms> trial_terms(const Dataset& data, const MatchedTrials& trials,
                                                  int threads);

/// Fills regions, units, scores, groups and the sums over all; `passes` in the order of `models`,
/// the network first, the constant rate last.
void evaluate_spikes(Evaluation& evaluation, const SessionUnits& units, const TimeGrid& grid,
                     const std::vector<SpikePass>& passes, const Conditions& conditions,
                     const EvaluationOptions& options);

/// Fills `behaviour` and `stimuli`, but for the rivals.
void evaluate_behaviour(Evaluation& evaluation, const Dataset& data,
                        const std::vector<TrialTerms>& terms, const StimulusPredictions& predicted,
                        const Conditions& conditions);
/// Response times: quantiles and defective distributions.
void evaluate_response_times(BehaviourEvaluation& behaviour, const Dataset& data,
                             const StimulusPredictions& predicted, const Conditions& conditions);
/// Choice and response models beside the network; `sets` null: the network alone.
void evaluate_rivals(BehaviourEvaluation& behaviour, const BaselineTrials& trials,
                     const std::vector<TrialTerms>& terms, const StimulusPredictions& predicted,
                     const TrainingSets* sets, const EvaluationOptions& options);

}  // namespace nnpoisson
