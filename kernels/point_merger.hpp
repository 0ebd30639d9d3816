#pragma once

#include <memory>

#include "plan/points.hpp"

namespace nnpoisson::kernels {

/// Merges a plan's entries on the device of that number, as make_cuda_device (device.hpp) takes it;
/// on the host where they do not fit its memory. Throws as make_cuda_device.
std::shared_ptr<const PointMerger> make_cuda_point_merger(int number);

}  // namespace nnpoisson::kernels
