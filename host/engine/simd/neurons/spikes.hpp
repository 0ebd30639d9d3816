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
    const NeuronBlock& block = s.blocks[number];
    const long rows = s.row_first(block.stimulus);
    const T* row = s.row + rows * s.stride;
    T* g_row = s.row_sums + long(block.rows) * s.stride;
    if (back)
      clear<P>(g_row,
               long(s.row_first(block.stimulus + 1) - s.row_first(block.stimulus)) * s.stride);
    T* v = static_cast<T*>(memory);
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const Index first = s.entry_first[segment.first_pair];
      const Index count = s.entry_first[segment.end_pair] - first;
      products(s, segment, row, s.row_floor + rows, v);
      loss += logarithms(s, first, count, v, back);
      if (back) products_back(s, segment, row, v, g_row);
    }
    return loss;
  }

  static void totals_back(const Step& s, Index number) {
    const NeuronBlock& block = s.blocks[number];
    const T* row = s.row + long(s.row_first(block.stimulus)) * s.stride;
    T* g_row = s.row_sums + long(block.rows) * s.stride;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const NeuronPiece& piece = s.pieces[segment.piece];
      const auto& session = s.sessions[piece.session];
      const Index base = s.row_first(block.stimulus);
      for (Index n = piece.first_trial; n < piece.first_trial + piece.trials; ++n) {
        const long end = long(s.trials[n].end_row - base) * s.stride;
        const T* g = s.totals + session.first_count +
                     long(n - session.first_trial) * session.stride - piece.first_pair;
        for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair)
          add_product(s.stride, s.amplitude + long(pair) * s.stride, row + end, P(g[pair]),
                      s.g_amplitude + long(pair) * s.stride, g_row + end);
      }
      // From the amplitudes to their exponents.
      for (long k = long(segment.first_pair) * s.stride; k < long(segment.end_pair) * s.stride;
           k += L)
        (P::load(s.g_amplitude + k) * P::load(s.amplitude + k)).store(s.g_amplitude + k);
    }
  }

 private:
  static void products(const Step& s, const NeuronSegment& segment, const T* row, const T* floor,
                       T* v) {
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const T* A = s.amplitude + long(pair) * s.stride;
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long r = s.entry_row[e];
        v[e - first] = dot<P>(s.stride, A, row + r * s.stride) + floor[r];
      }
    }
  }

  /// The loss of entries whose products are in v; leaves their adjoints there.
  static double logarithms(const Step& s, Index first, Index count, T* v, bool back) {
    double loss = 0;
    for (Index e = 0; e < count; e += L) {
      P x, w;
      for (Index lane = 0; lane < L; ++lane) {
        const bool there = e + lane < count;
        x.v[lane] = there ? v[e + lane] : T(1);
        w.v[lane] = there ? s.entry_weight[first + e + lane] : T(0);
      }
      const auto term = formulas::event_term(x, w);
      loss += double(lane_sum(term.loss));
      if (back) (-(term.pull * s.scale)).store(v + e);
    }
    return loss;
  }

  static void products_back(const Step& s, const NeuronSegment& segment, const T* row, const T* v,
                            T* g_row) {
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const T* A = s.amplitude + long(pair) * s.stride;
      T* gA = s.g_amplitude + long(pair) * s.stride;
      clear<P>(gA, s.stride);
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long at = long(s.entry_row[e]) * s.stride;
        add_product(s.stride, A, row + at, P(v[e - first]), gA, g_row + at);
      }
    }
  }
};

}  // namespace nnpoisson::simd
