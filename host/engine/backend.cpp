#include "nnpoisson/backend.hpp"

#include <algorithm>

#include "engine/bind.hpp"
#include "engine/cpu.hpp"
#include "engine/reference.hpp"
#include "kernels/backend.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

void require_fitting(const NetworkShape& shape, const Plan& plan) {
  if (shape.features != plan.features || shape.regions != plan.regions)
    throw UsageError("network: has " + std::to_string(shape.features) + " features and " + std::to_string(shape.regions) +
                     " regions, but the dataset has " + std::to_string(plan.features) + " and " + std::to_string(plan.regions) +
                     "; take a model of such data");
}

std::unique_ptr<Backend> make_backend(const BackendOptions& options, const NetworkShape& shape, std::shared_ptr<const Plan> plan) {
  require_fitting(shape, *plan);
  BackendKind kind = options.kind;
  if (kind == BackendKind::automatic) {
    const auto devices = cuda_devices();
    const bool gpu =
        options.instruction_set.empty() && std::ranges::any_of(devices, [](const DeviceState& d) { return d.why_not.empty(); });
    kind = gpu ? BackendKind::cuda : BackendKind::cpu;
  }
  if (kind == BackendKind::reference) return make_reference_backend(shape, std::move(plan));
  if (kind == BackendKind::cpu) return make_cpu_backend(options, shape, std::move(plan));
  return kernels::make_kernel_backend(kernels::make_cuda_device(), options.precision, shape, std::move(plan));
}

}  // namespace nnpoisson
