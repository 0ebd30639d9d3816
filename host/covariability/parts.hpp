#pragma once

#include <cstddef>
#include <vector>

#include "curves/matched_trials.hpp"
#include "nnpoisson/covariability.hpp"

namespace nnpoisson {

/// A session: what is recorded together.
struct Session {
  std::vector<std::size_t> trials, units;         ///< of the dataset
  std::vector<std::vector<std::size_t>> regions;  ///< [G] places in `units`
};
[[nodiscard]] std::vector<Session> sessions_of(const Dataset& data);

/// Trials of a session with equal stimulus, as places in its `trials`.
struct ChoiceGroup {
  std::vector<double> stimulus;
  std::vector<std::size_t> left, right;
  double weight;  ///< the inverse of the variance of the recording's ROC area where counts say
                  ///< nothing, but for a factor
};
struct StimulusGroup {
  std::vector<double> stimulus;
  std::vector<std::size_t> trials;
  double weight;  ///< the recording's degrees of freedom
};
/// What a window's statistics are over.
struct Groups {
  std::vector<StimulusGroup> equal;  ///< two trials or more
  std::vector<ChoiceGroup> choices;  ///< two or more of either choice
};
[[nodiscard]] Groups groups_of(const Dataset& data, const MatchedTrials& trials,
                               const Session& session, Window window);
/// Of trials drawn for a recording: its stimuli and weights, so that both estimate the same.
[[nodiscard]] Groups like(const Groups& recording, Groups drawn);

/// A statistic of one session; NaN where there is none.
struct Part {
  double weight = 0;  ///< against other sessions
  double value, variance;
};
Part no_part();
/// Over sessions.
[[nodiscard]] Measurement combine(const std::vector<Part>& parts);

/// All statistics of a session and window.
struct SessionStatistics {
  std::vector<Part> unit_pairs, population_pairs;  ///< [G (G + 1) / 2]
  std::vector<Part> mean_unit, population;         ///< [G] choice probabilities
  std::vector<Part> unit;                          ///< [units of the session]
  std::vector<bool> varies;  ///< [units of the session] its residuals are not all zero
};

[[nodiscard]] SessionStatistics observed(const Dataset& data, const Session& session,
                                         const Groups& groups, Window window);
/// `varies`: which units' correlations to average, those of the recording.
[[nodiscard]] SessionStatistics implied(const Model& model, const MatchedTrials& trials,
                                        const Session& session, const Groups& groups, Window window,
                                        const std::vector<bool>& varies);

}  // namespace nnpoisson
