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
  static double events(const Step& s, Index number, bool back, void* memory) {
    return with_packs<P>(s.stride, [&](auto packs) {
      return block_events<packs.value>(s, s.blocks[number], back, static_cast<T*>(memory));
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
  static double block_events(const Step& s, const NeuronBlock& block, bool back, T* v) {
    const long rows = s.row_first(block.stimulus);
    const T* row = s.row + rows * s.stride;
    T* g_row = back ? s.g_row + long(block.rows) * s.stride : nullptr;
    if (back)
      clear<P>(g_row,
               long(s.row_first(block.stimulus + 1) - s.row_first(block.stimulus)) * s.stride);
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const Index first = s.entry_first[segment.first_pair];
      const Index count = s.entry_first[segment.end_pair] - first;
      totals<Packs>(s, segment);
      products<Packs>(s, segment, row, s.row_floor + rows, v);
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
                   s.row + end * s.stride) +
            s.row_floor[end];
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
    const long base = s.row_first(block.stimulus);
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const NeuronPiece& piece = s.pieces[segment.piece];
      for (Index n = piece.first_trial; n < piece.first_trial + piece.trials; ++n) {
        const long end = s.trials[n].end_row;
        const T* g = trial_totals(s, n);
        const P* x = packs_at<P>(s.row, end, packs);
        P* const to = packs_at<P>(s.g_row, long(block.rows) + end - base, packs);
        P sums[held<Packs>];
        for (int k = 0; k < Packs; ++k) sums[k] = to[k];
        P* g_row = Packs > 0 ? sums : to;
        for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
          const P *A = packs_at<P>(s.amplitude, pair, packs), pull(g[pair - piece.first_pair]);
          P* gA = packs_at<P>(s.g_amplitude, pair, packs);
          for (int k = 0; k < packs; ++k) {
            const P change = pull * A[k];
            g_row[k] = g_row[k] + change;
            gA[k] = gA[k] + change * x[k];
          }
        }
        for (int k = 0; k < Packs; ++k) to[k] = sums[k];
      }
    }
  }
};

}  // namespace nnpoisson::simd
