#pragma once

#include <algorithm>
#include <vector>

#include "data/table.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {

/// The times asked for, s; where there are none, 0 to `limit` in equal steps. Throws UsageError
/// unless they ascend in [0, limit].
inline std::vector<double> time_grid(std::vector<double> times, double limit, int steps) {
  if (times.empty())
    for (int k = 0; k <= steps; ++k) times.push_back(limit * k / steps);
  const auto inside = [&](double t) { return t >= 0 && t <= limit; };
  if (!std::ranges::all_of(times, inside) || !std::ranges::is_sorted(times))
    throw UsageError("times: must ascend from 0 or later to the model's time limit of " +
                     shortest(limit) + " s at most");
  return times;
}

}  // namespace nnpoisson
