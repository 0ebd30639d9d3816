#pragma once

#include <cstddef>
#include <vector>

#include "curves/matched_trials.hpp"
#include "nnpoisson/correlations.hpp"

namespace nnpoisson {

/// A session: what is recorded together.
struct Session {
  std::vector<std::size_t> trials, units;         ///< of the dataset
  std::vector<std::vector<std::size_t>> regions;  ///< [G] places in `units`
};
[[nodiscard]] std::vector<Session> sessions_of(const Dataset& data);

/// Trials of a session with equal stimulus, as places in its `trials`.
struct StimulusGroup {
  std::vector<double> stimulus;
  std::vector<std::size_t> trials;
  double weight;  ///< the recording's degrees of freedom
};
/// The same, by choice.
struct ChoiceGroup {
  std::vector<double> stimulus;
  std::vector<std::size_t> left, right;
  double weight;  ///< the inverse of the variance of the recording's ROC area where counts say
                  ///< nothing, but for a factor
};
/// What the statistics of a session in a window are over.
struct TrialGroups {
  std::vector<StimulusGroup> equal;  ///< two trials or more
  std::vector<ChoiceGroup> choices;  ///< two or more of either choice

  [[nodiscard]] std::size_t equal_trials() const;
  [[nodiscard]] std::size_t choice_trials() const;
};
[[nodiscard]] TrialGroups trial_groups(const Dataset& data, const MatchedTrials& trials,
                                       const Session& session, Window window);
/// Of trials drawn for a recording: its stimuli and weights, so that both estimate the same.
[[nodiscard]] TrialGroups weighted_as(const TrialGroups& recording, TrialGroups drawn);
/// Trials that were drawn for a recording several times, `trials` of them a repeat: each repeat is
/// a group of its own, whose mean has the same drifts as the recording's.
[[nodiscard]] TrialGroups by_repeat(TrialGroups drawn, const Session& session, std::size_t trials);

}  // namespace nnpoisson
