#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Spikes whose features no other entry reads: a pack of them goes from time to loss and back at
/// once, so that nothing of it leaves the nearest caches.
template <class P>
class NeuronLonePoints {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using R = RowPack<P>;
  using Col = formulas::Column<P>;
  using Dual = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;
  static constexpr int tile_packs = 8;  // whose layers are kept for C's adjoint

 public:
  static std::size_t scratch(const Step& s) {
    const std::size_t H = neuron_size(s.width), kept = 4 * H * tile_packs,
                      layers = 6 * H + 4 * neuron_size(s.stride) + neuron_size(s.lone_sum_size());
    return (kept + layers) * sizeof(P) + 4096;
  }

  /// The block's loss. With `back`, of its pairs' amplitudes the adjoint so far, and lone_sums.
  static double run(const Step& s, Index number, bool back, void* memory) {
    const NeuronBlock& block = s.blocks[number];
    NeuronPool<P> pool{static_cast<char*>(memory)};
    NeuronLonePoints points(s, block, pool);
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg)
      loss += points.segment(s.segments[seg], back);
    if (back) points.sum_lanes(s.lone_sums + block.lone * s.lone_sum_size());
    return loss;
  }

 private:
  NeuronLonePoints(const Step& step, const NeuronBlock& block, NeuronPool<P>& pool)
      : s_(step),
        h3_(stimulus_layer<P>(step, block.stimulus, pool)),
        ga_(feature_layer<P>(step, 1, pool)),
        n_(dual_feature_layer<P>(step, 1, pool)),
        gm_(dual_feature_layer<P>(step, 1, pool)),
        m_(dual_feature_layer<P>(step, tile_packs, pool)),
        gn_(dual_feature_layer<P>(step, tile_packs, pool)),
        sums_(take<P>(pool, neuron_size(step.lone_sum_size()))),
        A_(row_columns<P>(step, pool)),
        f_(row_columns<P>(step, pool)),
        pulled_(row_columns<P>(step, pool)),
        rows_(reinterpret_cast<T*>(row_columns<P>(step, pool).first)) {
    for (long k = 0; k < s_.lone_sum_size(); ++k) sums_[k] = P(0);
  }

  double segment(const NeuronSegment& segment, bool back) {
    const Index first = s_.lone_first[segment.first_pair], end = s_.lone_first[segment.end_pair];
    if (back)
      clear<R>(s_.g_amplitude + long(segment.first_pair) * s_.stride,
               long(segment.end_pair - segment.first_pair) * s_.stride);
    double loss = 0;
    for (Index begin = first; begin < end; begin += tile_packs * L) {
      P of_tile(0);
      int packs = 0;
      for (Index at = begin; packs < tile_packs && at < end; at += L, ++packs)
        of_tile = of_tile + pack(at, int(end - at < L ? end - at : L), packs, back);
      loss += double(lane_sum(of_tile));
      if (!back) continue;
      formulas::dense_kernel_adjoint<true>(packs, s_.width, s_.width, m_, gn_, sums_);
      formulas::dense_bias_adjoint(packs, s_.width, gn_.value, sums_ + s_.width * s_.width);
    }
    return loss;
  }

  /// `count` points from `first` on, one a lane.
  P pack(Index first, int count, int place, bool back) {
    const int H = s_.width;
    T tau[L], weight[L];
    const T* amplitude[L];
    long of_pair[L];
    for (int lane = 0; lane < L; ++lane) {
      const Index at = first + Index(lane < count ? lane : count - 1);
      of_pair[lane] = long(s_.lone_pair[at]) * s_.stride;
      amplitude[lane] = s_.amplitude + of_pair[lane];
      tau[lane] = s_.lone_time[at];
      weight[lane] = lane < count ? T(1) : T(0);
    }
    rows_to_columns<P>(s_.stride, amplitude, A_.first);
    const P times = load_any<P>(tau);
    const Dual m = at_pack(m_, place);
    formulas::neuron_features<true>(s_.trunk, times, h3_, {m, n_}, f_);
    f_[H] = P(1);  // the last feature is the time itself
    for (int h = H + 1; h < s_.stride; ++h) f_[h] = P(0);
    P v(s_.rate_floor);
    for (int h = 0; h <= H; ++h) v = v + A_[h] * f_[h];
    const auto term = formulas::event_term(v, load_any<P>(weight));
    if (back) pack_back(times, m, place, -(term.pull * s_.scale), of_pair);
    return term.loss;
  }

  void pack_back(P times, const Dual& m, int place, P g, const long* of_pair) {
    const int H = s_.width;
    for (int h = 0; h < s_.stride; ++h) {
      pulled_[h] = g * f_[h];
      f_[h] = g * A_[h];
    }
    columns_to_rows<P>(s_.stride, pulled_.first, rows_);
    with_packs<R>(s_.stride, [&](auto packs) {
      const int count = packs.value > 0 ? packs.value : s_.stride / R::lanes;
      for (int lane = 0; lane < L; ++lane) {
        R* to = reinterpret_cast<R*>(s_.g_amplitude + of_pair[lane]);
        for (int k = 0; k < count; ++k) to[k] = to[k] + packs_at<R>(rows_, lane, count)[k];
      }
    });
    formulas::neuron_features_adjoint<true>(s_.trunk, times, {m, n_}, f_, at_pack(gn_, place), gm_,
                                            ga_);
    P *of_a = sums_ + H * H + H, *of_h3 = of_a + H;
    for (int h = 0; h < H; ++h) {
      of_a[h] = of_a[h] + ga_[h];
      of_h3[h] = of_h3[h] + gm_.value[h];
    }
  }

  void sum_lanes(T* to) const {
    for (long k = 0; k < s_.lone_sum_size(); ++k) to[k] = lane_sum(sums_[k]);
  }

  const Step& s_;
  Col h3_, ga_;  // of one pack of points
  Dual n_, gm_;
  Dual m_, gn_;  // of a tile
  P* sums_;      // [lone_sum_size]
  Col A_, f_, pulled_;
  T* rows_;  // [lanes x stride]
};

}  // namespace nnpoisson::simd
