#pragma once

#include "kernels/slab_block.cuh"

/// What a slab's points leave for their stimuli.
namespace nnpoisson::kernels {

/// Sums of the points' adjoints of h3 and of the bypass, one row a stimulus. Points come in the
/// order of stimuli, so most chunks of them have one. Every thread of the block takes part.
class StimulusSums {
 public:
  /// Adds a chunk of `count` points from the plan's point `first` on.
  template <class Block>
  NNP_DEVICE void add(const Block& x, typename Block::Tasks& tasks, std::uint64_t first,
                      int count) {
    const std::uint16_t* ranks = x.program.plan.rank + first;
    const int rank = ranks[0];
    if (rank != ranks[count - 1]) {
      add_several(x, ranks, count);
      return;
    }
    if (rank != under_way_) {
      flush(x);
      under_way_ = rank;
    }
    add_row_sums_of(x, tasks, x.scratch.start);
    if constexpr (Block::interval) {
      __syncthreads();  // both ends add to the same sums
      add_row_sums_of(x, tasks, x.scratch.end);
    }
  }

  /// Writes the sums of the stimulus under way.
  template <class Block>
  NNP_DEVICE void flush(const Block& x) {
    if (under_way_ < 0) return;
    __syncthreads();
    double* sums = x.sums() + x.scratch.stimulus;
    NNP_NO_UNROLL
    for (int i = x.thread(); i < x.stimulus_row(); i += block_threads) {
      put(x, under_way_, i, sums[i]);
      sums[i] = 0;
    }
    written_ = under_way_;
    under_way_ = -1;
    __syncthreads();
  }

 private:
  template <class Block>
  NNP_DEVICE static void add_row_sums_of(const Block& x, typename Block::Tasks& tasks,
                                         const LayerRows& rows) {
    double* sums = x.sums() + x.scratch.stimulus;
    tasks.row_sums(rows.gm, x.time_width(), sums);
    if (x.has_bypass()) tasks.row_sums(rows.gp, x.hidden_width(), sums + x.time_width());
  }

  /// A chunk of several stimuli: a thread sums one number of one stimulus, from where it begins.
  template <class Block>
  NNP_DEVICE void add_several(const Block& x, const std::uint16_t* ranks, int count) {
    flush(x);
    __syncthreads();
    NNP_NO_UNROLL
    for (int i = x.thread(); i < block_threads * x.stimulus_row(); i += block_threads) {
      const int p = i % block_threads, component = i / block_threads;
      if (p >= count) continue;
      const int rank = ranks[p];
      if (p > 0 && ranks[p - 1] == rank) continue;
      double sum = 0;
      NNP_NO_UNROLL
      for (int q = p; q < count && ranks[q] == rank; ++q) {
        sum += static_cast<double>(row_of(x, x.scratch.start, component)[q]);
        if constexpr (Block::interval)
          sum += static_cast<double>(row_of(x, x.scratch.end, component)[q]);
      }
      put(x, rank, component, sum);
    }
    written_ = ranks[count - 1];
  }
  template <class Block>
  NNP_DEVICE static const typename Block::Number* row_of(const Block& x, const LayerRows& rows,
                                                         int component) {
    const int in_bypass = component - x.time_width();
    return x.numbers() +
           (in_bypass < 0 ? rows.gm + component : rows.gp + in_bypass) * block_threads;
  }
  template <class Block>
  NNP_DEVICE void put(const Block& x, int rank, int component, double sum) const {
    using T = typename Block::Number;
    T& to = x.places.stimulus_rows[rank * x.stimulus_row() + component];
    to = rank > written_ ? static_cast<T>(sum) : to + static_cast<T>(sum);
  }

  int under_way_ = -1;  // the stimulus whose sums are not written yet
  int written_ = -1;    // the last one that has its row
};

}  // namespace nnpoisson::kernels
