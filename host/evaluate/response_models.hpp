#pragma once

#include <optional>
#include <vector>

#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// The network and, where there are `sets`, its baselines on choice and response time together;
/// `terms`: the network's, [T].
[[nodiscard]] std::vector<ResponseScore> score_responses(const BaselineTrials& trials,
                                                         const std::vector<ResponseTerms>& terms,
                                                         const std::optional<TrainingSets>& sets,
                                                         const EvaluationOptions& options,
                                                         Workers& workers);

}  // namespace nnpoisson
