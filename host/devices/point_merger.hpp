#pragma once

#include <memory>

#include "nnpoisson/backend.hpp"
#include "plan/points.hpp"

namespace nnpoisson {

/// Who merges the points of a plan for that backend: its device where it takes CUDA, else the host.
/// Throws ResourceError if the device asked for is not there.
[[nodiscard]] std::shared_ptr<const PointMerger> make_point_merger(const BackendOptions& options);

}  // namespace nnpoisson
