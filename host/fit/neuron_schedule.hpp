#pragma once

#include <memory>

#include "fit/fit_loop.hpp"

namespace nnpoisson {

/// How the model by neuron is trained: the learning rate falls to 0 as a cosine; means and drift
/// come first, then the gains start where the residual counts say, and all train together.
[[nodiscard]] FitSchedule neuron_schedule(std::shared_ptr<const NeuronProblem> problem,
                                          std::shared_ptr<const NeuronPlan> training);

}  // namespace nnpoisson
