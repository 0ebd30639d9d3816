#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "nnpoisson/correlations.hpp"

namespace nnpoisson {

/// A statistic of one session; by default there is none.
struct SessionEstimate {
  double weight = 0;  ///< against other sessions
  double value = std::numeric_limits<double>::quiet_NaN();
  double variance = std::numeric_limits<double>::quiet_NaN();
};

/// Over sessions.
[[nodiscard]] inline Measurement combine(const std::vector<SessionEstimate>& sessions) {
  double weight = 0, sum = 0, variance = 0;
  for (const auto& session : sessions) {
    if (session.weight == 0) continue;
    weight += session.weight;
    sum += session.weight * session.value;
    variance += session.weight * session.weight * session.variance;
  }
  return {sum / weight, std::sqrt(variance) / weight};
}

}  // namespace nnpoisson
