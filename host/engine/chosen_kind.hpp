#pragma once

#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// `automatic` made definite; any other kind is itself.
[[nodiscard]] BackendKind chosen_kind(const BackendOptions& options);

}  // namespace nnpoisson
