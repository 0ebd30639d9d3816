#pragma once

#include <memory>

#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// SIMD packs of points on a team of threads. Throws ResourceError for an instruction set that this
/// machine or build lacks.
std::unique_ptr<Backend> make_cpu_backend(const BackendOptions& options, const NetworkShape& shape,
                                          std::shared_ptr<const Plan> plan);

}  // namespace nnpoisson
