#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "baselines/time_grid.hpp"
#include "evaluate/psth.hpp"
#include "report/neurons/neuron_page.hpp"

namespace nnpoisson::report {

/// Spikes of the units that a page shows and of all regions, in bins of trials.
struct TrialCounts {
  struct Columns {
    std::size_t count = 0;
    std::vector<std::int32_t> units;         ///< [sessions x count] of a column in each session
    std::vector<double> observed, expected;  ///< [T x count x bins]
    [[nodiscard]] BinnedSpikes view() const { return {count, units, observed, expected}; }
  };
  TimeGrid grid;
  Columns shown, regions;
};

/// Expected: given the stimulus of a trial and its place in the session, as long as the trial was
/// observed.
[[nodiscard]] TrialCounts count_spikes(const NeuronPage& page, Workers& workers);

}  // namespace nnpoisson::report
