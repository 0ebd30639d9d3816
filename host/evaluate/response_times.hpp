#pragma once

#include <vector>

#include "evaluate/conditions.hpp"
#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// The time at which `cumulative`, which ascends over `time`, reaches `level`; linear between its
/// points.
[[nodiscard]] double time_of(const std::vector<double>& time, const std::vector<double>& cumulative,
                             double level);

/// Quantiles and defective distributions of response times: fills response_time_grid and
/// response_times.
void evaluate_response_times(BehaviourEvaluation& behaviour, const Dataset& data,
                             const PredictedResponses& predicted, const Conditions& conditions);

}  // namespace nnpoisson
