#include "devices/neuron_backend.hpp"

#include <utility>

#include "nnpoisson/error.hpp"

namespace nnpoisson {

std::unique_ptr<Backend> make_neuron_backend(const BackendOptions& options,
                                             std::shared_ptr<const NeuronProblem> problem,
                                             std::shared_ptr<const NeuronPlan> plan) {
  if (options.kind == BackendKind::cuda || options.device >= 0)
    throw ResourceError(
        "backend cuda: preset neurons has no CUDA kernels yet; take --backend auto or cpu");
  if (options.kind == BackendKind::reference)
    return make_neuron_reference(std::move(problem), std::move(plan));
  return make_neuron_cpu(options, std::move(problem), std::move(plan));
}

}  // namespace nnpoisson
