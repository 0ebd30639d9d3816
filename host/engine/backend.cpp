#include "nnpoisson/backend.hpp"

#include "engine/bind.hpp"
#include "engine/cpu.hpp"
#include "engine/reference.hpp"
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
  switch (options.kind) {
    case BackendKind::reference:
      return make_reference_backend(shape, std::move(plan));
    case BackendKind::automatic:
    case BackendKind::cpu:
      return make_cpu_backend(options, shape, std::move(plan));
    case BackendKind::cuda:
      break;
  }
  throw ResourceError("backend cuda: this build has none; use --backend cpu or --backend auto");
}

}  // namespace nnpoisson
