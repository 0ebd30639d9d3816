#include "kernels/device.hpp"
#include "kernels/point_merger.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/error.hpp"

/// In place of kernels/cuda where no CUDA compiler was found.
namespace nnpoisson {
namespace {

constexpr const char* reason =
    "this build has none: no CUDA compiler was found when it was configured";

}  // namespace

namespace kernels {
std::unique_ptr<Device> make_cuda_device(int) {
  throw ResourceError(std::string("backend cuda: ") + reason + "; use --backend cpu");
}
std::shared_ptr<const PointMerger> make_cuda_point_merger(int number) {
  make_cuda_device(number);
  return nullptr;
}
}  // namespace kernels

std::vector<DeviceState> cuda_devices() {
  return {{.name = "cuda", .why_not = reason}};
}

}  // namespace nnpoisson
