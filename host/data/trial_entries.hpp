#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Spikes of one unit in one trial: one at a time, s from onset, or those of a bin by its number.
struct TrialEntry {
  double position;
  std::int32_t unit, spikes;
};

/// Where a spike at `time` (s from onset) of trial n lies; none: not observed.
[[nodiscard]] std::optional<double> entry_position(const Dataset& data, std::size_t n, double time);

/// Appends the entries, in any order, of the first trial that has none yet: by time, those at the
/// same time in the order given; counts by bin and unit, those of one bin and unit added up.
/// Changes `entries`. Throws DataError: more spikes in a bin than 32-bit numbers count.
void append_entries(Dataset& data, std::vector<TrialEntry>& entries);

}  // namespace nnpoisson
