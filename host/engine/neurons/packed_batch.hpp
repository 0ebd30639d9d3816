#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/neurons/packed_rows.hpp"
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
  std::vector<std::uint32_t> stimulus;
  /// Those that entries read are done with before the trials' gains are known.
  PackedNeuronRows<T> of_entries, of_trials;
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
  std::size_t entry_parts = 0, trial_parts = 0;  ///< rows
  /// Stimuli [first, second) that one task takes, each from phase to phase while it is in the
  /// cache.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> runs;
  /// What is too large for that; of entries' tiles and of trials'.
  std::vector<std::uint32_t> wide_stimuli, wide_entry_tiles, wide_trial_tiles, wide_blocks;
  /// [S] where the values and rows of wide stimuli lie, and how many there are.
  std::vector<std::uint32_t> wide_value_first, wide_row_first;
  std::uint32_t wide_values = 0, wide_rows = 0;
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
  using Places = std::vector<std::uint32_t>;
  Places place_entry_rows(const NeuronBatch& batch);
  Places place_trial_rows(const NeuronBatch& batch);
  void place_entries(const NeuronBatch& batch, const Places& places);
  void add_sessions(const NeuronPlan& plan, const NeuronBatch& batch, const NeuronShape& shape,
                    const NeuronPacking& packing);
  void add_trials(const NeuronBatch& batch, const Places& places);
  void add_blocks(const NeuronBatch& batch);
  void gather_runs();
  [[nodiscard]] bool is_wide(std::size_t s) const;
  void number_sums(PackedNeuronRows<T>& rows);
};

extern template struct PackedNeuronBatch<float>;
extern template struct PackedNeuronBatch<double>;

}  // namespace nnpoisson
