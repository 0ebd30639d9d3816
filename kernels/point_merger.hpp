#pragma once

#include <memory>

#include "plan/points.hpp"

namespace nnpoisson::kernels {

/// Merges a plan's entries on the device of that number, as make_cuda_training_device
/// (training_device.hpp) takes and throws; on the host where they do not fit its memory.
std::shared_ptr<const PointMerger> make_cuda_point_merger(int number);

}  // namespace nnpoisson::kernels
