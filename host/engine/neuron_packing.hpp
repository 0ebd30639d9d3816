#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/neuron_backend.hpp"
#include "engine/simd/neuron_jobs.hpp"
#include "engine/tiles.hpp"

namespace nnpoisson {

/// Parameters as the CPU's kernels read them: every tensor begins on a cache line; a unit's alpha
/// and B are rows over features, [(Q+1) x stride]; gains lie by session.
class NeuronPacking {
 public:
  /// lanes: of the packs.
  NeuronPacking(const NeuronProblem& problem, const NeuronLayout& layout, const NeuronPlan& plan,
                int lanes);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t shared_size() const { return unit_; }
  [[nodiscard]] std::size_t at(NeuronTensor t) const { return first_[static_cast<std::size_t>(t)]; }
  [[nodiscard]] int stride() const { return stride_; }
  [[nodiscard]] int gains() const { return gains_; }  ///< units, padded by session
  [[nodiscard]] std::uint32_t first_gain(std::size_t session) const { return first_gain_[session]; }
  /// Where the layout's parameter i lies.
  [[nodiscard]] std::size_t place(std::size_t i) const { return place_[i]; }

  /// Parts of one tensor for Adam, at most a chunk long.
  struct Part {
    NeuronTensor tensor;
    std::size_t first, count;
  };
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  void place_shared(const NeuronLayout& layout);
  void place_units(const NeuronShape& shape, const NeuronLayout& layout, const NeuronPlan& plan);
  void place_gains(const NeuronLayout& layout, const NeuronPlan& plan);
  void take(NeuronTensor tensor, std::size_t count);

  int stride_, gains_ = 0;
  std::size_t size_ = 0, unit_ = 0;
  std::array<std::size_t, neuron_tensor_count> first_{};
  std::vector<std::uint32_t> first_gain_;
  std::vector<std::uint32_t> place_;
  std::vector<Part> parts_;
};

/// A batch of the plan in the kernels' number type.
template <class T>
struct PackedNeuronBatch {
  PackedNeuronBatch(const NeuronPlan& plan, const NeuronBatch& batch, const NeuronShape& shape,
                    const NeuronPacking& packing, int lanes);

  T scale;
  double constant;
  std::vector<std::uint32_t> stimulus, value_first, rate_first, difference_first, difference;
  std::vector<T> value_time, rate_time, row_floor;
  std::vector<simd::NeuronTile> tiles;
  std::vector<std::uint32_t> tile_first;
  std::size_t layers = 0;  ///< numbers that the tiles keep
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
  std::vector<std::uint32_t> entry_first, entry_row;
  std::vector<T> entry_weight;
  AlignedVector<T> counts;
  std::vector<std::uint32_t> more_first;
  std::vector<T> more;
  std::vector<std::size_t> gain_sums_first, g_phi_first;
  std::size_t gain_sums = 0, g_phi = 0;
  std::vector<std::uint32_t> absent;  ///< sessions of the plan without a trial here
  int pieces_most = 1, entries_most = 1;

  [[nodiscard]] std::size_t stimuli() const { return stimulus.size(); }

 private:
  void cut_tiles(const NeuronBatch& batch, int width, int lanes);
  void add_sessions(const NeuronPlan& plan, const NeuronBatch& batch, const NeuronShape& shape,
                    const NeuronPacking& packing);
  void add_trials(const NeuronBatch& batch);
  void add_blocks(const NeuronBatch& batch);
};

extern template struct PackedNeuronBatch<float>;
extern template struct PackedNeuronBatch<double>;

}  // namespace nnpoisson
