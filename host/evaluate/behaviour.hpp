#pragma once

#include <optional>
#include <vector>

#include "baselines/training_sets.hpp"
#include "evaluate/conditions.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Fills what sets the responses beside `predicted` ones: how many there are, errors of their
/// times, the psychometric curve, calibration, and distributions of their times.
void compare_responses(BehaviourEvaluation& behaviour, const Dataset& data,
                       const PredictedResponses& predicted, const Conditions& conditions);

/// Fills `behaviour` and `stimuli`: choices and response times, of the network and, where there are
/// `sets`, of its baselines. `terms`: the network's, [T].
void evaluate_behaviour(Evaluation& evaluation, const BaselineTrials& trials,
                        const std::vector<ResponseTerms>& terms,
                        const PredictedResponses& predicted, const Conditions& conditions,
                        const std::optional<TrainingSets>& sets, const EvaluationOptions& options,
                        Workers& workers);

}  // namespace nnpoisson
