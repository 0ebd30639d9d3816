#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Groups of stimuli: the layers that time does not enter, the prior of the latent, the channels.
template <class P>
class NeuronStimuli {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using R = RowPack<P>;
  using Col = formulas::Column<P>;
  static constexpr int L = P::lanes;
  static constexpr int N = formulas::neuron_width;

 public:
  static void forward(const Step& s, Index group, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    StimulusLayers x(s, pool);
    x.load(s, group);
    formulas::neuron_stimulus(s.trunk, x.columns());
    const int Q = s.signals;
    for (Index lane = 0; lane < L && group * L + lane < s.stimuli; ++lane) {
      const long k = group * L + lane;
      for (int h = 0; h < s.width; ++h) s.h3[k * s.width + h] = x.h3[h].v[lane];
      T* phi = s.phi + k * (Q + 1);
      phi[0] = T(1);
      for (int f = 0; f < s.features; ++f) phi[1 + f] = x.s[f].v[lane];
      for (int j = 0; j < N; ++j) phi[1 + s.features + j] = x.signal[j].v[lane];
      log_prior(s, k);
      for (int c = 0; c < s.channels; ++c)
        amplitude_row<R>(s, s.channel_part + long(c) * (Q + 1) * s.stride, phi, s.channel_base[c],
                         s.channel + (k * s.channels + c) * s.stride);
    }
  }

  static void back(const Step& s, Index group, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    StimulusLayers x(s, pool);
    x.load(s, group);
    formulas::neuron_stimulus(s.trunk, x.columns());
    P* gh3 = take<P>(pool, neuron_size(s.width));
    P *gsignal = take<P>(pool, N), *gu2 = take<P>(pool, N), *gu1 = take<P>(pool, N);
    for (int h = 0; h < s.width; ++h) gh3[h] = P(0);
    for (int j = 0; j < N; ++j) gsignal[j] = P(0);
    for (Index lane = 0; lane < L && group * L + lane < s.stimuli; ++lane) {
      const Index k = group * L + lane;
      for (const auto& rows : {s.of_entries, s.of_trials})
        for (Index t = rows.tile_first[k]; t < rows.tile_first[k + 1]; ++t) {
          const T* sums = s.g_h3 + long(rows.first_tile + t) * s.width;
          for (int h = 0; h < s.width; ++h) gh3[h].v[lane] += sums[h];
        }
      for (Index b = s.block_first[k]; b < s.block_first[k + 1]; ++b) {
        if (s.blocks[b].lone == no_lone_points) continue;
        const T* sums = s.lone_sums + s.blocks[b].lone * s.lone_sum_size() + s.tile_sum_size();
        for (int h = 0; h < s.width; ++h) gh3[h].v[lane] += sums[h];
      }
      channel_signals(s, k, gsignal, lane);
    }
    // What the units' amplitudes read: by session, then by block of units.
    add_unit_signals(s, group, gsignal);

    formulas::neuron_stimulus_adjoint(s.trunk, x.columns(), Col{gh3, 1}, Col{gsignal, 1},
                                      Col{gu2, 1}, Col{gu1, 1});
    T* out = s.g_stimulus + group * s.stimulus_sum_size();
    const auto layer = [&](const P* in, const P* g, int ins, int outs) {
      for (int k = 0; k < ins; ++k)
        for (int j = 0; j < outs; ++j) *out++ = lane_sum(in[k] * g[j]);
      for (int j = 0; j < outs; ++j) *out++ = lane_sum(g[j]);
    };
    layer(x.s, gu1, s.features, N);
    layer(x.h1, gu2, N, N);
    layer(x.h2, gh3, N, s.width);
  }

 private:
  struct StimulusLayers {
    StimulusLayers(const Step& step, NeuronPool<P>& pool)
        : s(take<P>(pool, neuron_size(step.features))),
          u1(take<P>(pool, N)),
          h1(take<P>(pool, N)),
          u2(take<P>(pool, N)),
          h2(take<P>(pool, N)),
          h3(take<P>(pool, neuron_size(step.width))),
          signal(take<P>(pool, N)) {}
    void load(const Step& step, Index group) {
      for (int f = 0; f < step.features; ++f) s[f] = P(0);
      for (Index lane = 0; lane < L && group * L + lane < step.stimuli; ++lane)
        for (int f = 0; f < step.features; ++f)
          s[f].v[lane] = step.inputs[long(step.stimulus[group * L + lane]) * step.features + f];
    }
    formulas::NeuronStimulus<P> columns() {
      return {{s, 1}, {u1, 1}, {h1, 1}, {u2, 1}, {h2, 1}, {h3, 1}, {signal, 1}};
    }
    P *s, *u1, *h1, *u2, *h2, *h3, *signal;
  };

  static void log_prior(const Step& s, long k) {
    const T* input = s.phi + k * (s.signals + 1) + 1;
    T* to = s.log_prior + k * s.node_stride;
    T most = T(-1e30);
    for (int j = 0; j < s.node_stride; ++j) {
      to[j] = T(-1e30);
      if (j >= s.nodes) continue;
      T sum = 0;
      for (int f = 0; f < s.features; ++f) sum += s.prior[j * s.features + f] * input[f];
      to[j] = sum;
      most = sum > most ? sum : most;
    }
    const T norm = most + T(std::log(double(sum_of_exponentials<P>(s.node_stride, to, most))));
    for (int j = 0; j < s.nodes; ++j) to[j] -= norm;
  }

  static void channel_signals(const Step& s, Index k, P* gsignal, Index lane) {
    for (int c = 0; c < s.channels; ++c) {
      const T* g = s.g_channel + (long(k) * s.channels + c) * s.stride;
      const T* B = s.channel_part + (long(c) * (s.signals + 1) + 1 + s.features) * s.stride;
      for (int j = 0; j < N; ++j) {
        R sum(0);
        for (int n = 0; n < s.stride; n += R::lanes)
          sum = sum + R::load(g + n) * R::load(B + long(j) * s.stride + n);
        gsignal[j].v[lane] += lane_sum(sum);
      }
    }
  }

  static void add_unit_signals(const Step& s, Index group, P* gsignal) {
    const Index first = group * L, end = first + L;
    for (Index block = 0; block < s.unit_block_count; ++block) {
      const NeuronSession& session = s.sessions[s.unit_blocks[block].session];
      const T* part = s.g_phi + s.g_phi_first[block];
      for (Index p = 0; p < session.pieces; ++p) {
        const Index k = s.pieces[session.first_piece + p].stimulus;
        if (k < first || k >= end) continue;
        for (int j = 0; j < N; ++j) gsignal[j].v[k - first] += part[p * N + Index(j)];
      }
    }
  }
};

}  // namespace nnpoisson::simd
