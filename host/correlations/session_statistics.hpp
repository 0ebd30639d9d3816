#pragma once

#include <cstddef>
#include <vector>

#include "correlations/neuron_mixture.hpp"
#include "correlations/session_estimate.hpp"
#include "correlations/sessions.hpp"
#include "curves/matched_trials.hpp"
#include "curves/progress_counter.hpp"

namespace nnpoisson {

/// All statistics of a session in a window.
struct SessionStatistics {
  std::vector<SessionEstimate> unit_pairs, population_pairs;  ///< [G (G + 1) / 2]
  std::vector<SessionEstimate> mean_unit, population;         ///< [G] choice probabilities
  std::vector<SessionEstimate> unit;                          ///< [units of the session]
  std::vector<bool> varies;  ///< [units of the session] its residuals are not all zero
};

[[nodiscard]] SessionStatistics observed_statistics(const Dataset& data, const Session& session,
                                                    const TrialGroups& groups, Window window);
/// `varies`: which units' correlations to average, those of the recording. Counts a piece of
/// progress for every group.
[[nodiscard]] SessionStatistics implied_statistics(const Model& model, const MatchedTrials& trials,
                                                   const Session& session,
                                                   const TrialGroups& groups, Window window,
                                                   const std::vector<bool>& varies,
                                                   ProgressCounter& progress);
/// The same of a model by neuron.
[[nodiscard]] SessionStatistics implied_neuron_statistics(const NeuronRecording& recording,
                                                          const Session& session,
                                                          const TrialGroups& groups, Window window,
                                                          const std::vector<bool>& varies,
                                                          ProgressCounter& progress);

}  // namespace nnpoisson
