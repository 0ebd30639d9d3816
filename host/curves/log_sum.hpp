#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace nnpoisson {

/// log sum exp(values); at least one of them finite.
[[nodiscard]] inline double log_of_sum(std::span<const double> values) {
  const double most = *std::ranges::max_element(values);
  double sum = 0;
  for (const double v : values) sum += std::exp(v - most);
  return most + std::log(sum);
}

}  // namespace nnpoisson
