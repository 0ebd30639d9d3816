#pragma once

#include <vector>

#include "evaluate/conditions.hpp"
#include "evaluate/spike_pass.hpp"

namespace nnpoisson {

/// Fills regions, units, scores, groups and the sums over all. `judged`: the network first, the
/// constant rate last.
void evaluate_spikes(Evaluation& evaluation, const SessionUnits& units, const TimeGrid& grid,
                     const std::vector<JudgedModel>& judged, const Conditions& conditions,
                     const EvaluationOptions& options, Workers& workers);

}  // namespace nnpoisson
