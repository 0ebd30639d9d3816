#pragma once

#include <vector>

#include "evaluate/conditions.hpp"
#include "evaluate/spike_pass.hpp"

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

/// Of one region in a group's trials; `units`: as units_by_session_and_region.
[[nodiscard]] Psth peristimulus(const Dataset& data, std::size_t region,
                                const std::vector<std::size_t>& trials,
                                const std::vector<std::int32_t>& units, const TimeGrid& grid,
                                const ObservedSpikes& seen, const SpikePass& network);

}  // namespace nnpoisson
