#include "baselines/time_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nnpoisson {

std::size_t TimeGrid::bin(double time) const {
  return std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, time / width)));
}

double TimeGrid::observed(std::size_t bin, double until) const {
  return std::clamp(until - width * static_cast<double>(bin), 0.0, width);
}

TimeGrid time_grid(const Dataset& data, std::size_t bins) {
  double width = data.time_limit / static_cast<double>(bins);
  if (data.binned()) width = data.bin_width * std::max(1.0, std::round(width / data.bin_width));

  // A limit that is a whole number of bins but for rounding needs no further one.
  constexpr double rounding = 1e-9;  // of a bin
  const double bins_in_limit = std::ceil(data.time_limit / width - rounding);
  return {width, static_cast<std::size_t>(std::max(1.0, bins_in_limit))};
}

std::vector<double> raised_cosines(const TimeGrid& grid, double limit, std::size_t count) {
  std::vector<double> values(grid.bins * count);
  const double apart = limit / static_cast<double>(count - 1);
  for (std::size_t b = 0; b < grid.bins; ++b)
    for (std::size_t j = 0; j < count; ++j) {
      const double x = grid.middle(b) / apart - static_cast<double>(j);
      if (std::abs(x) < 1) values[b * count + j] = 0.5 * (1 + std::cos(std::numbers::pi * x));
    }
  return values;
}

}  // namespace nnpoisson
