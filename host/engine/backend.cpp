#include "nnpoisson/backend.hpp"

#include "engine/reference.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

std::unique_ptr<Backend> make_backend(const BackendOptions& options, const NetworkShape& shape, std::shared_ptr<const Plan> plan) {
  switch (options.kind) {
    case BackendKind::reference: return make_reference_backend(shape, std::move(plan));
    case BackendKind::automatic:
    case BackendKind::cpu: return make_reference_backend(shape, std::move(plan));
    case BackendKind::cuda: break;
  }
  throw ResourceError("backend cuda: this build has none; use --backend cpu");
}
std::vector<std::string> instruction_sets() { return {}; }

}  // namespace nnpoisson
