#pragma once

#include <algorithm>
#include <cmath>

namespace nnpoisson {

/// How long a trial can be observed, s: to the time limit or its response (NaN: none).
inline double observable(double response_time, double time_limit) {
  return std::isnan(response_time) ? time_limit : std::min(time_limit, response_time);
}

/// Whole bins of `bin_width` inside `time`, both s. Times and widths are decimal fractions, equal
/// only up to rounding: a bin that ends at `time` but for that is inside.
inline double whole_bins(double time, double bin_width) {
  constexpr double rounding = 1e-9;
  return std::floor(time / bin_width * (1 + rounding));
}

/// The end of the whole bins inside `until`, s; without bins (width 0) `until` itself.
inline double end_of_bins(double until, double bin_width, double time_limit) {
  if (bin_width == 0) return until;
  return std::min(whole_bins(until, bin_width) * bin_width, time_limit);
}

}  // namespace nnpoisson
