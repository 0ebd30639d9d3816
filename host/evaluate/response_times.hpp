#pragma once

#include "evaluate/conditions.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Quantiles and defective distributions of response times: fills response_time_grid and
/// response_times.
void evaluate_response_times(BehaviourEvaluation& behaviour, const Dataset& data,
                             const PredictedResponses& predicted, const Conditions& conditions);

}  // namespace nnpoisson
