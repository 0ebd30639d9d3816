#pragma once

#include <optional>
#include <vector>

#include "baselines/training_sets.hpp"
#include "evaluate/conditions.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Fills `behaviour` and `stimuli`: choices and response times, of the network and, where there are
/// `sets`, of its baselines. `terms`: the network's, [T].
void evaluate_behaviour(Evaluation& evaluation, const BaselineTrials& trials,
                        const std::vector<ResponseTerms>& terms,
                        const PredictedResponses& predicted, const Conditions& conditions,
                        const std::optional<TrainingSets>& sets, const EvaluationOptions& options,
                        Workers& workers);

}  // namespace nnpoisson
