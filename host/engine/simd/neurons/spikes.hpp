#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Blocks of a stimulus' pairs: spikes and counts, and the way back from Lambda at the trials'
/// ends.
template <class P>
class NeuronSpikes {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;

 public:
  static double events(const Step& s, Index number, bool back, NeuronRoom<T> room, void* memory) {
    return with_packs<P>(s.stride, [&](auto packs) {
      return block_events<packs.value>(s, s.blocks[number], back, room, static_cast<T*>(memory));
    });
  }

  static void totals_back(const Step& s, Index number) {
    with_packs<P>(s.stride,
                  [&](auto packs) { block_totals_back<packs.value>(s, s.blocks[number]); });
  }

 private:
  /// Registers for a row whose packs are known.
  template <int Packs>
  static constexpr int held = Packs > 0 ? Packs : 1;
  template <int Packs>
  static int packs_of(const Step& s) {
    return Packs > 0 ? Packs : s.stride / L;
  }

  template <int Packs>
  static double block_events(const Step& s, const NeuronBlock& block, bool back, NeuronRoom<T> room,
                             T* v) {
    const Index k = block.stimulus;
    const long rows = s.of_entries.row_first(k), at = (rows - room.first_row) * s.stride;
    const T* row = room.row + at;
    T* g_row = nullptr;
    if (back) {
      g_row =
          s.blocks_of(k) == 1 ? room.g_row + at : s.entry_parts + long(block.entry_rows) * s.stride;
      clear<P>(g_row, (s.of_entries.row_first(k + 1) - rows) * s.stride);
    }
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const Index first = s.entry_first[segment.first_pair];
      const Index count = s.entry_first[segment.end_pair] - first;
      totals<Packs>(s, segment);
      products<Packs>(s, segment, row, s.of_entries.floor + rows, v);
      loss += logarithms(s, first, count, v, back);
      if (back) products_back<Packs>(s, segment, block.lone != no_lone_points, row, v, g_row);
    }
    return loss;
  }

  /// Lambda at the trials' ends.
  template <int Packs>
  static void totals(const Step& s, const NeuronSegment& segment) {
    const NeuronPiece& piece = s.pieces[segment.piece];
    for (Index n = piece.first_trial; n < piece.first_trial + piece.trials; ++n) {
      const long end = s.trials[n].end_row;
      T* const to = trial_totals(s, n);
      for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair)
        to[pair - piece.first_pair] =
            dot<P>(Packs > 0 ? Packs * L : s.stride, s.amplitude + long(pair) * s.stride,
                   s.trial_row + end * s.stride) +
            s.of_trials.floor[end];
    }
  }
  static T* trial_totals(const Step& s, Index n) {
    const auto& session = s.sessions[s.pieces[s.trials[n].piece].session];
    return s.totals + session.first_count + long(n - session.first_trial) * session.stride;
  }

  template <int Packs>
  static void products(const Step& s, const NeuronSegment& segment, const T* row, const T* floor,
                       T* v) {
    const int packs = packs_of<Packs>(s);
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const P* A = packs_at<P>(s.amplitude, pair, packs);
      P kept[held<Packs>];
      for (int k = 0; k < Packs; ++k) kept[k] = A[k];
      if (Packs > 0) A = kept;
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long r = s.entry_row[e];
        const P* x = packs_at<P>(row, r, packs);
        P sum = A[0] * x[0];
        for (int k = 1; k < packs; ++k) sum = sum + A[k] * x[k];
        v[e - first] = lane_sum(sum) + floor[r];
      }
    }
  }

  /// The loss of entries whose products are in v; leaves their adjoints there.
  static double logarithms(const Step& s, Index first, Index count, T* v, bool back) {
    constexpr Index few = 16 * L;  // terms that one pack of T sums
    double sum = 0;
    for (Index begin = 0; begin < count; begin += few) {
      P loss(0);
      for (Index e = begin; e < begin + few && e < count; e += L) {
        T weight[L];
        const bool whole = e + L <= count;
        for (Index lane = 0; !whole && lane < L; ++lane) {
          const bool there = e + lane < count;
          if (!there) v[e + lane] = T(1);
          weight[lane] = there ? s.entry_weight[first + e + lane] : T(0);
        }
        const auto term = formulas::event_term(
            P::load(v + e), load_any<P>(whole ? s.entry_weight + first + e : weight));
        loss = loss + term.loss;
        if (back) (-(term.pull * s.scale)).store(v + e);
      }
      sum += double(lane_sum(loss));
    }
    return sum;
  }

  template <int Packs>
  static void products_back(const Step& s, const NeuronSegment& segment, bool begun, const T* row,
                            const T* v, T* g_row) {
    const int packs = packs_of<Packs>(s);
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const P* A = packs_at<P>(s.amplitude, pair, packs);
      P* const to = packs_at<P>(s.g_amplitude, pair, packs);
      P kept[held<Packs>], sums[held<Packs>];
      for (int k = 0; k < Packs; ++k) kept[k] = A[k];
      if (Packs > 0) A = kept;
      P* gA = Packs > 0 ? sums : to;
      for (int k = 0; k < packs; ++k) gA[k] = begun ? to[k] : P(0);
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long r = s.entry_row[e];
        add_products(packs, A, packs_at<P>(row, r, packs), P(v[e - first]), gA,
                     packs_at<P>(g_row, r, packs));
      }
      for (int k = 0; k < packs; ++k) to[k] = gA[k] * A[k];
    }
  }

  template <int Packs>
  static void block_totals_back(const Step& s, const NeuronBlock& block) {
    const int packs = packs_of<Packs>(s);
    const Index k = block.stimulus;
    const long base = s.of_trials.row_first(k), rows = s.of_trials.row_first(k + 1) - base;
    T* const g = s.blocks_of(k) == 1 ? s.g_trial_row + base * s.stride
                                     : s.trial_parts + long(block.trial_rows) * s.stride;
    clear<P>(g, rows * s.stride);
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const NeuronPiece& piece = s.pieces[segment.piece];
      for (Index n = piece.first_trial; n < piece.first_trial + piece.trials; ++n) {
        const long end = s.trials[n].end_row;
        const T* pulls = trial_totals(s, n);
        const P* x = packs_at<P>(s.trial_row, end, packs);
        P* const to = packs_at<P>(g, end - base, packs);
        P sums[held<Packs>];
        for (int j = 0; j < Packs; ++j) sums[j] = to[j];
        P* g_row = Packs > 0 ? sums : to;
        for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
          const P *A = packs_at<P>(s.amplitude, pair, packs), pull(pulls[pair - piece.first_pair]);
          P* gA = packs_at<P>(s.g_amplitude, pair, packs);
          for (int j = 0; j < packs; ++j) {
            const P change = pull * A[j];
            g_row[j] = g_row[j] + change;
            gA[j] = gA[j] + change * x[j];
          }
        }
        for (int j = 0; j < Packs; ++j) to[j] = sums[j];
      }
    }
  }
};

}  // namespace nnpoisson::simd
