#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "baselines/time_grid.hpp"
#include "evaluate/conditions.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// A group and the numbers of its trials.
struct GroupedTrials {
  TrialGroup group;
  std::vector<std::size_t> trials;
};

/// All trials; by condition; by choice, known inside the window or later; by thirds of the known
/// response times.
[[nodiscard]] std::vector<GroupedTrials> group_trials(const Dataset& data,
                                                      const Conditions& conditions);

/// Spikes of columns, each a region's units or one unit, in the bins of trials.
struct BinnedSpikes {
  std::size_t columns = 0;
  std::span<const std::int32_t> units;         ///< [sessions x columns] how many a column has
  std::span<const double> observed, expected;  ///< [T x columns x bins]
};
/// Of one column in a group's trials.
[[nodiscard]] Psth peristimulus(const Dataset& data, std::size_t column,
                                const std::vector<std::size_t>& trials, const BinnedSpikes& spikes,
                                const TimeGrid& grid);

}  // namespace nnpoisson
