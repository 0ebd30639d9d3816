#pragma once

#include <cstddef>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Bins of time since onset; the last one may be cut short by the time limit.
struct TimeGrid {
  double width = 0;  ///< s
  std::size_t bins = 0;
  /// The bin of a time in [0, width * bins].
  [[nodiscard]] std::size_t bin(double time) const;
  /// s of the bin that lie before `until`.
  [[nodiscard]] double observed(std::size_t bin, double until) const;
  [[nodiscard]] double middle(std::size_t bin) const {
    return width * (static_cast<double>(bin) + 0.5);
  }
};

/// About `bins` bins over the dataset's time limit; each a whole number of the dataset's own where
/// it holds counts.
[[nodiscard]] TimeGrid time_grid(const Dataset& data, std::size_t bins);

/// Raised cosines over [0, limit], each one apart from the next by limit / (count - 1) and as wide
/// to either side; together they are 1. Returns [bins x count], their values in the middle of each
/// bin; count >= 2.
[[nodiscard]] std::vector<double> raised_cosines(const TimeGrid& grid, double limit,
                                                 std::size_t count);

}  // namespace nnpoisson
