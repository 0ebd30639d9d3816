#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Tiles of points: the features in time, and what differences of them are.
template <class P>
class NeuronFeatures {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using Col = formulas::Column<P>;
  using Dual = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;

 public:
  static void forward(const Step& s, Index number, void* memory) {
    const NeuronTile& t = s.tiles[number];
    if (t.rate)
      tile_forward<true>(s, t, memory);
    else
      tile_forward<false>(s, t, memory);
  }
  static void back(const Step& s, Index number, void* memory) {
    if (s.tiles[number].rate)
      tile_adjoint<true>(s, number, memory);
    else
      tile_adjoint<false>(s, number, memory);
  }

  static void differences(const Step& s, Index k) {
    const Index first = s.difference_first[k], end = s.difference_first[k + 1];
    T* row = s.row + long(s.row_first(k) + s.rate_first[k + 1] - s.rate_first[k]) * s.stride;
    for (Index d = first; d < end; ++d, row += s.stride) {
      const T* high = s.values + long(s.difference[2 * d]) * s.stride;
      const T* low = s.values + long(s.difference[2 * d + 1]) * s.stride;
      for (int k2 = 0; k2 < s.stride; k2 += L)
        (P::load(high + k2) - P::load(low + k2)).store(row + k2);
    }
  }

 private:
  static std::size_t packs_of(const NeuronTile& t) { return (t.count + L - 1) / L; }

  template <bool Rate>
  static formulas::FeatureColumns<P> layers(const Step& s, const NeuronTile& t, long p) {
    const long packs = long(packs_of(t)), size = packs * s.width;
    P* kept = reinterpret_cast<P*>(s.layers + t.kept) + p;
    const auto column = [&](long k) { return Col{kept + k * size, int(packs)}; };
    if constexpr (Rate)
      return {{column(0), column(1)}, {column(2), column(3)}};
    else
      return {{column(0), {nullptr, 0}}, {column(1), {nullptr, 0}}};
  }

  static P times(const NeuronTile& t, const T* time, long p) {
    T tau[L];
    for (int lane = 0; lane < L; ++lane) {
      const Index at = Index(p * L + lane);
      tau[lane] = time[t.first + (at < t.count ? at : t.count - 1)];
    }
    return load_any<P>(tau);
  }

  template <bool Rate>
  static void tile_forward(const Step& s, const NeuronTile& t, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    P *h3 = take<P>(pool, neuron_size(s.width)), *f = take<P>(pool, neuron_size(s.width));
    for (int h = 0; h < s.width; ++h) h3[h] = P(s.h3[long(t.stimulus) * s.width + h]);
    T* out = Rate ? s.row + long(t.row) * s.stride : s.values + long(t.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < long(packs_of(t)); ++p) {
      const P tau = times(t, time, p);
      formulas::neuron_features<Rate>(s.trunk, tau, Col{h3, 1}, layers<Rate>(s, t, p), Col{f, 1});
      const T *features = reinterpret_cast<const T*>(f), *taus = reinterpret_cast<const T*>(&tau);
      for (int lane = 0; lane < L && p * L + lane < long(t.count); ++lane, out += s.stride) {
        for (int h = 0; h < s.width; ++h) out[h] = features[h * L + lane];
        out[s.width] = Rate ? T(1) : taus[lane];
      }
    }
  }

  template <bool Rate>
  static void tile_adjoint(const Step& s, Index number, void* memory) {
    const NeuronTile& t = s.tiles[number];
    NeuronPool<P> pool{static_cast<char*>(memory)};
    const long packs = long(packs_of(t)), H = s.width;
    P *gf = take<P>(pool, neuron_size(H)), *gm = take<P>(pool, neuron_size(H)),
      *dgm = take<P>(pool, neuron_size(H)), *ga = take<P>(pool, neuron_size(H));
    P *gn = take<P>(pool, neuron_size(H * packs)), *dgn = take<P>(pool, neuron_size(H * packs));
    P* sums = take<P>(pool, neuron_size(s.tile_sum_size()));
    for (long k = 0; k < s.tile_sum_size(); ++k) sums[k] = P(0);
    P *of_c = sums + H * H, *of_a = of_c + H, *of_h3 = of_a + H;

    const T* in = Rate ? s.g_row + long(t.row) * s.stride : s.g_values + long(t.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < packs; ++p) {
      T* to = reinterpret_cast<T*>(gf);
      for (int lane = 0; lane < L; ++lane) {
        const bool there = p * L + lane < long(t.count);
        for (long h = 0; h < H; ++h) to[h * L + lane] = there ? in[h] : T(0);
        if (there) in += s.stride;
      }
      const Dual to_n{{gn + p, int(packs)}, {dgn + p, int(packs)}};
      formulas::neuron_features_adjoint<Rate>(s.trunk, times(t, time, p), layers<Rate>(s, t, p),
                                              Col{gf, 1}, to_n, Dual{{gm, 1}, {dgm, 1}},
                                              Col{ga, 1});
      for (int h = 0; h < H; ++h) {
        of_h3[h] = of_h3[h] + gm[h];
        of_a[h] = of_a[h] + ga[h];
      }
    }
    const auto x = layers<Rate>(s, t, 0);
    const Dual g{{gn, int(packs)}, {dgn, int(packs)}};
    formulas::dense_kernel_adjoint<Rate>(int(packs), s.width, s.width, x.m, g, sums);
    formulas::dense_bias_adjoint(int(packs), s.width, g.value, of_c);
    T* out = s.tile_sums + number * s.tile_sum_size();
    for (long k = 0; k < s.tile_sum_size(); ++k) out[k] = lane_sum(sums[k]);
  }
};

}  // namespace nnpoisson::simd
