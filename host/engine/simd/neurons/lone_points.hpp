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
                      layers = 10 * H + neuron_size(s.lone_sum_size()) + neuron_size(s.stride);
    return (kept + layers) * sizeof(P) + 4096;
  }

  /// The block's loss. With `back`, of its pairs' amplitudes the adjoint so far, and lone_sums.
  static double run(const Step& s, Index number, bool back, void* memory) {
    const NeuronBlock& block = s.blocks[number];
    NeuronPool<P> pool{static_cast<char*>(memory)};
    NeuronLonePoints block_points(s, block, pool);
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg)
      loss += block_points.segment(s.segments[seg], back);
    if (back) block_points.close();
    return loss;
  }

 private:
  NeuronLonePoints(const Step& step, const NeuronBlock& block, NeuronPool<P>& pool)
      : s_(step),
        lone_(block.lone),
        h3_(layer(1, pool)),
        f_(layer(1, pool)),
        A_(layer(1, pool)),
        ga_(layer(1, pool)),
        n_{layer(1, pool), layer(1, pool)},
        gm_{layer(1, pool), layer(1, pool)},
        m_{layer(tile_packs, pool), layer(tile_packs, pool)},
        gn_{layer(tile_packs, pool), layer(tile_packs, pool)},
        sums_(take<P>(pool, neuron_size(step.lone_sum_size()))),
        rows_(take<T>(pool, neuron_size(step.stride) * L)) {
    for (int h = 0; h < s_.width; ++h) h3_[h] = P(s_.h3[long(block.stimulus) * s_.width + h]);
    for (long k = 0; k < s_.lone_sum_size(); ++k) sums_[k] = P(0);
    clear<R>(rows_, long(s_.stride) * L);
  }

  Col layer(int packs, NeuronPool<P>& pool) const {
    return {take<P>(pool, neuron_size(long(s_.width) * packs)), packs};
  }
  static Dual at_pack(const Dual& x, int p) {
    return {{x.value.first + p, x.value.stride}, {x.rate.first + p, x.rate.stride}};
  }

  double segment(const NeuronSegment& segment, bool back) {
    const Index first = s_.lone_first[segment.first_pair], end = s_.lone_first[segment.end_pair];
    if (back)
      clear<R>(s_.g_amplitude + long(segment.first_pair) * s_.stride,
               long(segment.end_pair - segment.first_pair) * s_.stride);
    pair_ = segment.first_pair;
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
    long pair[L];
    T* A = reinterpret_cast<T*>(A_.first);
    T last[L];
    for (int lane = 0; lane < L; ++lane) {
      const Index at = first + Index(lane < count ? lane : count - 1);
      while (at >= s_.lone_first[pair_ + 1]) ++pair_;
      pair[lane] = pair_;
      tau[lane] = s_.lone_time[at];
      weight[lane] = lane < count ? T(1) : T(0);
      const T* row = s_.amplitude + long(pair_) * s_.stride;
      for (int h = 0; h < H; ++h) A[h * L + lane] = row[h];
      last[lane] = row[H];
    }
    const P times = load_any<P>(tau);
    const Dual m = at_pack(m_, place);
    formulas::neuron_features<true>(s_.trunk, times, h3_, {m, n_}, f_);
    P v = load_any<P>(last) + s_.rate_floor;
    for (int h = 0; h < H; ++h) v = v + A_[h] * f_[h];
    const auto term = formulas::event_term(v, load_any<P>(weight));
    if (back) pack_back(times, m, place, -(term.pull * s_.scale), pair);
    return term.loss;
  }

  void pack_back(P times, const Dual& m, int place, P g, const long* pair) {
    const int H = s_.width;
    T* pulls = reinterpret_cast<T*>(&g);
    for (int h = 0; h < H; ++h) {
      const P pulled = g * f_[h];
      for (int lane = 0; lane < L; ++lane) rows_[lane * s_.stride + h] = pulled.v[lane];
      f_[h] = g * A_[h];
    }
    for (int lane = 0; lane < L; ++lane) {
      rows_[lane * s_.stride + H] = pulls[lane];
      T* to = s_.g_amplitude + pair[lane] * s_.stride;
      for (int k = 0; k < s_.stride; k += R::lanes)
        (R::load(to + k) + R::load(rows_ + lane * s_.stride + k)).store(to + k);
    }
    formulas::neuron_features_adjoint<true>(s_.trunk, times, {m, n_}, f_, at_pack(gn_, place), gm_,
                                            ga_);
    P *of_a = sums_ + H * H + H, *of_h3 = of_a + H;
    for (int h = 0; h < H; ++h) {
      of_a[h] = of_a[h] + ga_[h];
      of_h3[h] = of_h3[h] + gm_.value[h];
    }
  }

  void close() {
    T* to = s_.lone_sums + lone_ * s_.lone_sum_size();
    for (long k = 0; k < s_.lone_sum_size(); ++k) to[k] = lane_sum(sums_[k]);
  }

  const Step& s_;
  Index lone_;
  Col h3_, f_, A_, ga_;  // of one pack
  Dual n_, gm_, m_, gn_;
  P* sums_;
  T* rows_;         // [lanes x stride]
  Index pair_ = 0;  // of the next point
};

}  // namespace nnpoisson::simd
