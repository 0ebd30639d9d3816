#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// The way back of a stimulus' rows, from everything that reads them.
template <class P>
class NeuronRowsBack {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;

 public:
  /// Everything that reads a stimulus' rows: blocks of spikes, then its trials' behaviour.
  static void run(const Step& s, Index k, NeuronValues<T> values) {
    const long first = s.row_first(k), rows = long(s.row_first(k + 1)) - first;
    T* g_row = s.g_row + first * s.stride;
    const Index block = s.block_first[k], end = s.block_first[k + 1];
    if (end != block + 1) clear<P>(g_row, rows * s.stride);  // a single one has summed there
    for (Index b = block; end != block + 1 && b < end; ++b) {
      const T* part = s.g_row + long(s.blocks[b].rows) * s.stride;
      for (long j = 0; j < rows * s.stride; j += L)
        (P::load(g_row + j) + P::load(part + j)).store(g_row + j);
    }
    behaviour_rows(s, k, g_row - first * s.stride);

    const Index points = s.value_first[k];
    clear<P>(values.rows + long(points - values.first) * s.stride,
             long(s.value_first[k + 1] - points) * s.stride);
    const T* g = g_row + long(s.rate_first[k + 1] - s.rate_first[k]) * s.stride;
    for (Index d = s.difference_first[k]; d < s.difference_first[k + 1]; ++d, g += s.stride) {
      T* high = values.rows + long(s.difference[2 * d] - values.first) * s.stride;
      T* low = values.rows + long(s.difference[2 * d + 1] - values.first) * s.stride;
      for (int j = 0; j < s.stride; j += L) {
        const P change = P::load(g + j);
        (P::load(high + j) + change).store(high + j);
        (P::load(low + j) - change).store(low + j);
      }
    }
  }

 private:
  /// Adds what the trials of a stimulus read of its rows, and leaves the channels' exponents'
  /// adjoint and that of the prior's logits.
  static void behaviour_rows(const Step& s, Index k, T* g_row) {
    clear<P>(s.g_channel + long(k) * s.channels * s.stride, long(s.channels) * s.stride);
    T* logits = s.g_log_prior + long(k) * s.node_stride;
    clear<P>(logits, s.node_stride);
    const int packs = s.stride / L;
    for (Index at = s.stimulus_trial_first[k]; at < s.stimulus_trial_first[k + 1]; ++at) {
      const Index n = s.stimulus_trial[at];
      const NeuronTrial& trial = s.trials[n];
      for (int c = 0; c < s.channels; ++c) {
        const long channel = long(k) * s.channels + c;
        const auto add = [&](Index row, T g) {
          add_products(packs, packs_at<P>(s.channel, channel, packs),
                       packs_at<P>(s.row, row, packs), P(g),
                       packs_at<P>(s.g_channel, channel, packs), packs_at<P>(g_row, row, packs));
        };
        add(trial.wait_row, s.gx[long(n) * s.channels + c]);
        if (trial.action >= 0) add(trial.response_row, s.gy[long(n) * s.channels + c]);
      }
      const T* prior = s.log_prior + long(k) * s.node_stride;
      for (int j = 0; j < s.node_stride; j += L)
        (P::load(logits + j) + exp(P::load(prior + j)) * s.scale -
         P::load(s.posterior + long(n) * s.node_stride + j))
            .store(logits + j);
    }
    T* g = s.g_channel + long(k) * s.channels * s.stride;
    const T* amplitude = s.channel + long(k) * s.channels * s.stride;
    for (long j = 0; j < long(s.channels) * s.stride; j += L)
      (P::load(g + j) * P::load(amplitude + j)).store(g + j);
  }
};

}  // namespace nnpoisson::simd
