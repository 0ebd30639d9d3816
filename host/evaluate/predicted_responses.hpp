#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "baselines/workers.hpp"
#include "curves/matched_trials.hpp"

namespace nnpoisson {

/// What the network says of the responses to each distinct stimulus.
struct PredictedResponses {
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
/// Trials grouped by their distinct stimuli, of which nothing is predicted yet.
[[nodiscard]] PredictedResponses unpredicted(
    const std::map<std::vector<double>, std::vector<std::size_t>>& by_stimulus, std::size_t trials);
[[nodiscard]] PredictedResponses predict_responses(const Model& model, const Dataset& data,
                                                   const MatchedTrials& trials, Workers& workers);

/// The log-likelihood of one trial's response, left and right, in the exact meaning and in the
/// authors' form without that form's divisor.
struct ResponseTerms {
  std::array<double, 2> exact{}, authors{};
};
/// [T]
[[nodiscard]] std::vector<ResponseTerms> response_terms(const Dataset& data,
                                                        const MatchedTrials& trials,
                                                        Workers& workers);

}  // namespace nnpoisson
