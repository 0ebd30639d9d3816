#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/simulator_device.hpp"
#include "kernels/training_device.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// As usable_cuda_device chooses.
std::unique_ptr<TrainingDevice> open_training_device(int wanted);
std::unique_ptr<SimulatorDevice> open_simulator_device(int wanted);
/// All that CUDA shows, or one entry that says why there are none; makes no context.
std::vector<DeviceState> device_states();

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
