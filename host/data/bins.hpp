#pragma once

#include <cmath>

namespace nnpoisson {

/// Whole bins of `bin_width` inside `time`, both s. Times and widths are decimal fractions, equal
/// only up to rounding: a bin that ends at `time` but for that is inside.
inline double whole_bins(double time, double bin_width) {
  constexpr double rounding = 1e-9;
  return std::floor(time / bin_width * (1 + rounding));
}

}  // namespace nnpoisson
