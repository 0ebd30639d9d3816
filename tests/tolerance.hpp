#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace nnpoisson::tolerance {

// Against the authors' program at float64: two double programs that sum in different orders.
inline constexpr double golden_loss = 1e-10;     // relative
inline constexpr double golden_gradient = 1e-8;  // of the largest entry
inline constexpr double golden_weight = 1e-9;    // absolute, after two episodes of steps
// The same in float: the rounding of one float network, not of its sums.
inline constexpr double float_loss = 1e-5;  // relative
inline constexpr double float_gradient =
    2e-4;  // of the largest entry; float32 and float64 of the authors' program differ by 6e-5
// Two float programs over a whole run: clamping at 0 makes paths fork.
inline constexpr double run_history = 5e-4;  // relative to max(1, |value|)
inline constexpr double run_weight = 1e-5;   // absolute, after 20 iterations
// Six-point differences of a double function.
inline constexpr double finite_difference = 1e-7;  // of the largest entry

/// Largest |a - b| over the largest |b|; NaN if any is.
inline double relative_to_largest(std::span<const double> a, std::span<const double> b) {
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) return std::nan("");
    difference = std::max(difference, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return difference / largest;
}

}  // namespace nnpoisson::tolerance
