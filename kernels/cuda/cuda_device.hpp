#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/device.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// As usable_cuda_device chooses.
std::unique_ptr<Device> open_device(int wanted);
/// All that CUDA shows, or one entry that says why there are none; makes no context.
std::vector<DeviceState> device_states();

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
