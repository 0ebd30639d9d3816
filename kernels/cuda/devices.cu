#include "kernels/cuda/cuda_devices.hpp"

/// The devices of this machine, as the rest of the program asks for them.
namespace nnpoisson {

std::unique_ptr<kernels::TrainingDevice> kernels::make_cuda_training_device(int number) {
  return open_training_device(number);
}
std::unique_ptr<kernels::SimulatorDevice> kernels::make_cuda_simulator_device(int number) {
  return open_simulator_device(number);
}
std::vector<DeviceState> cuda_devices() {
  return kernels::device_states();
}

}  // namespace nnpoisson
