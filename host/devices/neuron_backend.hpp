#pragma once

#include <memory>

#include "engine/neuron_backend.hpp"

namespace nnpoisson {

/// The backend of the model by neuron that is asked for. `automatic` takes the CPU. Throws
/// ResourceError if it is not there.
[[nodiscard]] std::unique_ptr<Backend> make_neuron_backend(
    const BackendOptions& options, std::shared_ptr<const NeuronProblem> problem,
    std::shared_ptr<const NeuronPlan> plan);

}  // namespace nnpoisson
