#include "kernels/point_merger.hpp"
#include "kernels/simulator_device.hpp"
#include "kernels/training_device.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/error.hpp"

/// In place of kernels/cuda where no CUDA compiler was found.
namespace nnpoisson {
namespace {

constexpr const char* reason =
    "this build has none: no CUDA compiler was found when it was configured";

[[noreturn]] void there_is_none() {
  throw ResourceError(std::string("backend cuda: ") + reason + "; use --backend cpu");
}

}  // namespace

namespace kernels {
std::unique_ptr<TrainingDevice> make_cuda_training_device(int) {
  there_is_none();
}
std::unique_ptr<SimulatorDevice> make_cuda_simulator_device(int) {
  there_is_none();
}
std::shared_ptr<const PointMerger> make_cuda_point_merger(int) {
  there_is_none();
}
}  // namespace kernels

std::vector<DeviceState> cuda_devices() {
  return {{.name = "cuda", .why_not = reason}};
}

}  // namespace nnpoisson
