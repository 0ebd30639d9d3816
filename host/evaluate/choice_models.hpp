#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// The network and, where there are `sets`, its baselines on the choices of the answered trials.
/// Logistic regression needs both choices in every training set; without them there is the network
/// alone.
[[nodiscard]] std::vector<ChoiceScore> score_choices(const BaselineTrials& trials,
                                                     const PredictedResponses& predicted,
                                                     const std::optional<TrainingSets>& sets,
                                                     const EvaluationOptions& options,
                                                     Workers& workers);

/// P(left) of answered trials, and which of them were answered left: what accuracy and the area
/// under the ROC curve are made of. Trials may count several times or not at all, `weight`:
/// [answered]; NaN where none count.
class ChoiceTally {
 public:
  /// `probability`, `left`: [answered].
  ChoiceTally(std::vector<double> probability, const std::vector<bool>& left);

  [[nodiscard]] double log_likelihood(std::span<const double> weight) const;
  /// Share of the trials in which the likelier action was taken; ties count half.
  [[nodiscard]] double accuracy(std::span<const double> weight) const;
  /// Probability that a left trial has a larger P(left) than a right one; ties count half.
  [[nodiscard]] double area(std::span<const double> weight) const;

 private:
  std::vector<double> probability_;    // [answered]
  std::vector<bool> left_;             // [answered]
  std::vector<double> log_, guessed_;  // [answered] log P of the answer; the likelier action was it
  std::vector<std::size_t> order_;     // answered trials by ascending P(left)
};

}  // namespace nnpoisson
