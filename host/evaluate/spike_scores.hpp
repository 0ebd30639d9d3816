#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "evaluate/spike_pass.hpp"

namespace nnpoisson {

/// The parts of a score that have intervals, in the order in which they are estimated.
enum ScorePart : std::size_t {
  part_bits,
  part_r2,
  part_network_bits,
  part_network_r2,
  score_parts
};

/// One model's score of some spikes; `parts`: [score_parts].
[[nodiscard]] SpikeScore spike_score(SpikeModel model, const SpikeSums& sums, double saturated,
                                     std::span<const Estimate> parts);

/// Of all regions, and of all together at the end, with intervals over resampled trials:
/// [G + 1][models][score_parts].
[[nodiscard]] std::vector<Estimate> score_regions(const Dataset& data, const ObservedSpikes& seen,
                                                  const std::vector<JudgedModel>& judged,
                                                  const EvaluationOptions& options,
                                                  Workers& workers);

/// Of one unit, which fired `spikes` times; without intervals.
[[nodiscard]] SpikeScores score_unit(std::size_t unit, double spikes, const ObservedSpikes& seen,
                                     const std::vector<JudgedModel>& judged);

}  // namespace nnpoisson
