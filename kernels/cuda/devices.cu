#include "kernels/cuda/cuda_device.hpp"

/// The devices of this machine, as the rest of the program asks for them.
namespace nnpoisson {

std::unique_ptr<kernels::Device> kernels::make_cuda_device(int number) {
  return open_device(number);
}
std::vector<DeviceState> cuda_devices() {
  return kernels::device_states();
}

}  // namespace nnpoisson
