#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// The way back of a stimulus' rows, from everything that reads them, to its values.
template <class P>
class NeuronRowsBack {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;

 public:
  /// From blocks of entries.
  static void entries(const Step& s, Index k, NeuronRoom<T> room) {
    sum_parts(s, k, s.of_entries, room, s.entry_parts, &NeuronBlock::entry_rows);
    differences_back(s, k, s.of_entries, room);
  }
  /// From the spikes that trials are expected to have, by block, and their behaviour.
  static void trials(const Step& s, Index k) {
    sum_parts(s, k, s.of_trials, s.trial_room(), s.trial_parts, &NeuronBlock::trial_rows);
    behaviour_rows(s, k);
    differences_back(s, k, s.of_trials, s.trial_room());
  }

 private:
  static void sum_parts(const Step& s, Index k, const NeuronRows<T>& rows, NeuronRoom<T> room,
                        const T* parts, std::size_t NeuronBlock::*first) {
    if (s.blocks_of(k) == 1) return;  // it has summed there
    const long size = long(rows.row_first(k + 1) - rows.row_first(k)) * s.stride;
    T* to = room.g_row + long(rows.row_first(k) - room.first_row) * s.stride;
    clear<P>(to, size);
    for (Index b = s.block_first[k]; b < s.block_first[k + 1]; ++b) {
      const T* part = parts + long(s.blocks[b].*first) * s.stride;
      for (long j = 0; j < size; j += L) (P::load(to + j) + P::load(part + j)).store(to + j);
    }
  }

  static void differences_back(const Step& s, Index k, const NeuronRows<T>& rows,
                               NeuronRoom<T> room) {
    const Index points = rows.value_first[k], first = rows.difference_first[k];
    clear<P>(room.values + long(points - room.first_value) * s.stride,
             long(rows.value_first[k + 1] - points) * s.stride);
    const T* g = room.g_row + long(first + rows.rate_first[k + 1] - room.first_row) * s.stride;
    for (Index d = first; d < rows.difference_first[k + 1]; ++d, g += s.stride) {
      T* high = room.values + long(rows.difference[2 * d] - room.first_value) * s.stride;
      T* low = room.values + long(rows.difference[2 * d + 1] - room.first_value) * s.stride;
      for (int j = 0; j < s.stride; j += L) {
        const P change = P::load(g + j);
        (P::load(high + j) + change).store(high + j);
        (P::load(low + j) - change).store(low + j);
      }
    }
  }

  /// Adds what the trials of a stimulus read of its rows, and leaves the channels' exponents'
  /// adjoint and that of the prior's logits.
  static void behaviour_rows(const Step& s, Index k) {
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
                       packs_at<P>(s.trial_row, row, packs), P(g),
                       packs_at<P>(s.g_channel, channel, packs),
                       packs_at<P>(s.g_trial_row, row, packs));
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
