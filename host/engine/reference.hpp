#pragma once

#include <memory>

#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// The oracle: double precision, one point after another, one thread.
std::unique_ptr<Backend> make_reference_backend(const NetworkShape& shape,
                                                std::shared_ptr<const Plan> plan);

}  // namespace nnpoisson
