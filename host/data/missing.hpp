#pragma once

#include <limits>

namespace nnpoisson {

/// A number that was not recorded, or that there is not.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

}  // namespace nnpoisson
