#pragma once

#include <span>
#include <vector>

#include "engine/neuron_backend.hpp"

namespace nnpoisson {

/// Where a fit's gains start once means and drift are trained: into `parameters`, c and ln q by
/// unit. In each session c is the leading component of the counts around what the model expects,
/// signed so that the latent goes with choices of left (without choices: so that the largest entry
/// is positive); q has the variance that is left. 0 would be a saddle of c.
void start_gains(const NeuronProblem& problem, const NeuronPlan& plan,
                 std::span<double> parameters);

}  // namespace nnpoisson
