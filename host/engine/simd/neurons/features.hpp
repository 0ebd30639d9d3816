#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Tiles of points: the features in time, and what differences of them are.
template <class P>
class NeuronFeatures {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using Values = NeuronValues<T>;
  using R = RowPack<P>;
  using Col = formulas::Column<P>;
  using Dual = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;

 public:
  static void forward(const Step& s, Index number, Values values, void* memory) {
    const NeuronTile& t = s.tiles[number];
    if (t.rate)
      tile_forward<true>(s, t, values, memory);
    else
      tile_forward<false>(s, t, values, memory);
  }
  static void back(const Step& s, Index number, Values values, void* memory) {
    if (s.tiles[number].rate)
      tile_adjoint<true>(s, number, values, memory);
    else
      tile_adjoint<false>(s, number, values, memory);
  }

  static void differences(const Step& s, Index k, Values values) {
    const Index first = s.difference_first[k], end = s.difference_first[k + 1];
    T* row = s.row + long(s.row_first(k) + s.rate_first[k + 1] - s.rate_first[k]) * s.stride;
    for (Index d = first; d < end; ++d, row += s.stride) {
      const T* high = values.rows + long(s.difference[2 * d] - values.first) * s.stride;
      const T* low = values.rows + long(s.difference[2 * d + 1] - values.first) * s.stride;
      for (int j = 0; j < s.stride; j += R::lanes)
        (R::load(high + j) - R::load(low + j)).store(row + j);
    }
  }

 private:
  static int packs_of(const NeuronTile& t) { return (int(t.count) + L - 1) / L; }

  static P times(const NeuronTile& t, const T* time, long p) {
    T tau[L];
    for (int lane = 0; lane < L; ++lane) {
      const Index at = Index(p * L + lane);
      tau[lane] = time[t.first + (at < t.count ? at : t.count - 1)];
    }
    return load_any<P>(tau);
  }

  static formulas::FeatureColumns<P> layers(const Step& s, int packs, NeuronPool<P>& pool) {
    return {dual_feature_layer<P>(s, packs, pool), dual_feature_layer<P>(s, 1, pool)};
  }

  template <bool Rate>
  static void tile_forward(const Step& s, const NeuronTile& t, Values values, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    const Col h3 = stimulus_layer<P>(s, t.stimulus, pool), f = feature_layer<P>(s, 1, pool);
    const auto x = layers(s, 1, pool);
    T* out = Rate ? s.row + long(t.row) * s.stride
                  : values.rows + long(t.first - values.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < packs_of(t); ++p) {
      const P tau = times(t, time, p);
      formulas::neuron_features<Rate>(s.trunk, tau, h3, x, f);
      const T *features = reinterpret_cast<const T*>(f.first),
              *taus = reinterpret_cast<const T*>(&tau);
      for (int lane = 0; lane < L && p * L + lane < long(t.count); ++lane, out += s.stride) {
        for (int h = 0; h < s.width; ++h) out[h] = features[h * L + lane];
        out[s.width] = Rate ? T(1) : taus[lane];
      }
    }
  }

  template <bool Rate>
  static void tile_adjoint(const Step& s, Index number, Values values, void* memory) {
    const NeuronTile& t = s.tiles[number];
    NeuronPool<P> pool{static_cast<char*>(memory)};
    const int packs = packs_of(t), H = s.width;
    const Col h3 = stimulus_layer<P>(s, t.stimulus, pool), f = feature_layer<P>(s, 1, pool),
              ga = feature_layer<P>(s, 1, pool), of_h3 = feature_layer<P>(s, 1, pool);
    const Dual gm = dual_feature_layer<P>(s, 1, pool), gn = dual_feature_layer<P>(s, packs, pool);
    const auto x = layers(s, packs, pool);
    for (int h = 0; h < H; ++h) of_h3[h] = P(0);
    P* sums = packs_at<P>(s.tile_sums, t.sums, int(s.tile_sum_size()));
    P *of_c = sums + H * H, *of_a = of_c + H;
    if (t.opens) clear<P>(reinterpret_cast<T*>(sums), s.tile_sum_size() * L);

    const T* in = Rate ? s.g_row + long(t.row) * s.stride
                       : values.rows + long(t.first - values.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < packs; ++p) {
      // The layers anew: quicker than to keep them.
      const Dual m_p = at_pack(x.m, p);
      const P tau = times(t, time, p);
      formulas::neuron_features<Rate>(s.trunk, tau, h3, {m_p, x.n}, f);
      T* to = reinterpret_cast<T*>(f.first);
      for (int lane = 0; lane < L; ++lane) {
        const bool there = p * L + lane < long(t.count);
        for (int h = 0; h < H; ++h) to[h * L + lane] = there ? in[h] : T(0);
        if (there) in += s.stride;
      }
      formulas::neuron_features_adjoint<Rate>(s.trunk, tau, {m_p, x.n}, f, at_pack(gn, p), gm, ga);
      for (int h = 0; h < H; ++h) {
        of_h3[h] = of_h3[h] + gm.value[h];
        of_a[h] = of_a[h] + ga[h];
      }
    }
    formulas::dense_kernel_adjoint<Rate>(packs, s.width, s.width, x.m, gn, sums);
    formulas::dense_bias_adjoint(packs, s.width, gn.value, of_c);
    for (int h = 0; h < H; ++h) s.g_h3[long(number) * H + h] = lane_sum(of_h3[h]);
  }
};

}  // namespace nnpoisson::simd
