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

/// Where heads that read regions start once the gains have: each action reads the regions whose
/// units' gains go with it, in proportion to their mean loadings, in place of all regions alike.
/// Into `parameters`; nothing where the heads read the trunk or no loading tells regions apart.
void start_heads(const NeuronShape& shape, std::span<double> parameters);

}  // namespace nnpoisson
