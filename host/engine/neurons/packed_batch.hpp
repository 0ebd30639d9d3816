#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/neurons/packing.hpp"
#include "engine/simd/neurons/jobs.hpp"
#include "engine/tiles.hpp"

namespace nnpoisson {

/// A batch of the plan in the kernels' number type.
template <class T>
struct PackedNeuronBatch {
  PackedNeuronBatch(const NeuronPlan& plan, const NeuronBatch& batch, const NeuronShape& shape,
                    const NeuronPacking& packing, int lanes);

  T scale;
  double constant;
  std::vector<std::uint32_t> stimulus, value_first, rate_first{0}, difference_first, difference;
  std::vector<T> value_time, rate_time, row_floor;
  std::vector<simd::NeuronTile> tiles;
  std::vector<std::uint32_t> tile_first;
  std::size_t tile_sums = 0, pack_lanes;
  std::vector<simd::NeuronUnits> unit_blocks;
  std::vector<simd::NeuronPiece> pieces;
  std::vector<simd::NeuronSession> sessions;
  std::vector<simd::NeuronTrial> trials;
  std::vector<T> bumps;
  std::vector<std::uint32_t> stimulus_trial_first, stimulus_trial;
  std::vector<simd::NeuronSegment> segments;
  std::vector<simd::NeuronBlock> blocks;
  std::vector<std::uint32_t> block_first;
  std::size_t block_rows = 0;
  /// Stimuli [first, second) that one task takes from phase to phase, while they are in the cache.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> runs;
  /// What is too large for that.
  std::vector<std::uint32_t> wide_stimuli, wide_tiles, wide_blocks;
  std::vector<std::uint32_t> entry_first{0};
  AlignedVector<std::uint32_t> entry_row;
  AlignedVector<T> entry_weight;
  /// Spikes whose features no other entry reads, by pair, where they are worth a way of their own:
  /// they have no row.
  std::vector<std::uint32_t> lone_first{0}, lone_pair;
  std::vector<T> lone_time;
  std::size_t lone_blocks = 0;
  AlignedVector<T> counts;
  std::vector<std::uint32_t> more_first;
  std::vector<T> more;
  std::vector<std::size_t> gain_sums_first, g_phi_first;
  std::size_t gain_sums = 0, g_phi = 0;
  std::vector<std::uint32_t> absent;  ///< sessions of the plan without a trial here
  int pieces_most = 1, entries_most = 1;

  /// Lets a step read this batch.
  void bind(simd::NeuronStep<T>& step) const;
  [[nodiscard]] std::size_t stimuli() const { return stimulus.size(); }
  [[nodiscard]] std::size_t pairs() const { return entry_first.size() - 1; }
  [[nodiscard]] std::size_t chunks() const {  ///< of trials
    return (trials.size() + simd::trial_chunk - 1) / simd::trial_chunk;
  }

 private:
  [[nodiscard]] std::uint32_t row_first(std::size_t s) const {
    return rate_first[s] + difference_first[s];
  }
  void place_rows(const NeuronBatch& batch);
  void place_entries(const NeuronBatch& batch);
  [[nodiscard]] std::uint32_t place(const NeuronBatch& batch, std::size_t s,
                                    std::uint32_t row) const;
  void cut_tiles();
  void add_sessions(const NeuronPlan& plan, const NeuronBatch& batch, const NeuronShape& shape,
                    const NeuronPacking& packing);
  void add_trials(const NeuronBatch& batch);
  void add_blocks(const NeuronBatch& batch);
  void gather_runs();
};

extern template struct PackedNeuronBatch<float>;
extern template struct PackedNeuronBatch<double>;

}  // namespace nnpoisson
