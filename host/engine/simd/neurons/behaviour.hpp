#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Chunks of trials: hazards at each node, and the posterior of the latent.
template <class P>
class NeuronBehaviour {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;

 public:
  static void trials(const Step& s, Index chunk, bool back, double* losses, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    TrialWork work(s, pool);
    losses[0] = losses[1] = 0;
    const Index end =
        (chunk + 1) * trial_chunk < s.trial_count ? (chunk + 1) * trial_chunk : s.trial_count;
    for (Index n = chunk * trial_chunk; n < end; ++n) one_trial(s, n, back, losses, work);
    if (!back) return;
    T* out = s.g_heads + chunk * s.head_sum_size();
    for (long k = 0; k < s.head_sum_size(); ++k) out[k] = lane_sum(work.sums[k]);
  }

 private:
  struct TrialWork {
    TrialWork(const Step& s, NeuronPool<P>& pool)
        : units(take<formulas::HeadUnit<P>>(pool, 2 * neuron_size(s.heads.hidden))),
          gx(take<P>(pool, neuron_size(s.channels))),
          gy(take<P>(pool, neuron_size(s.channels))),
          sums(take<P>(pool, neuron_size(s.head_sum_size()))),
          x(take<T>(pool, neuron_size(s.channels))),
          y(take<T>(pool, neuron_size(s.channels))),
          spikes(take<double>(pool, neuron_size(s.node_stride))),
          joint(take<T>(pool, neuron_size(s.node_stride))),
          value(take<T>(pool, neuron_size(s.node_stride))) {
      for (long k = 0; k < s.head_sum_size(); ++k) sums[k] = P(0);
    }
    formulas::HeadUnit<P>* units;
    P *gx, *gy, *sums;
    T *x, *y;
    double* spikes;
    T *joint, *value;
  };

  static void one_trial(const Step& s, Index n, bool back, double* losses, TrialWork& work) {
    const NeuronTrial& trial = s.trials[n];
    const bool responded = trial.action >= 0;
    for (int c = 0; c < s.channels; ++c) {
      const T* amplitude = s.channel + (long(trial.stimulus) * s.channels + c) * s.stride;
      work.x[c] = dot<RowPack<P>>(s.stride, amplitude, row_of(s, trial.wait_row));
      work.y[c] =
          responded ? dot<RowPack<P>>(s.stride, amplitude, row_of(s, trial.response_row)) : T(0);
    }
    const P wait_floor(T(2) * s.of_trials.floor[trial.wait_row]);
    for (int k = 0; k < s.node_stride; k += L) {
      const auto h = formulas::node_hazards(s.heads, boost(s, k), work.x, work.y, work.units);
      P value = -h.total[0] - h.total[1] - wait_floor;
      if (responded)
        value = value + log((h.rate[trial.action] + P(s.rate_floor)) * (T(1) / s.window));
      value.store(work.value + k);
    }
    posterior(s, n, losses, work);
    if (back) one_trial_back(s, n, work);
  }
  static const T* row_of(const Step& s, Index row) { return s.trial_row + long(row) * s.stride; }
  static const P* boost(const Step& s, int k) {
    return reinterpret_cast<const P*>(s.boost + long(k) * s.channels);
  }

  static void posterior(const Step& s, Index n, double* losses, TrialWork& work) {
    gain_sum(s, n, work.spikes);
    const T* prior = s.log_prior + long(s.trials[n].stimulus) * s.node_stride;
    double most = -1e300;
    for (int k = 0; k < s.nodes; ++k) {
      work.spikes[k] += double(prior[k]);
      most = work.spikes[k] > most ? work.spikes[k] : most;
    }
    // Against the largest part of the spikes, so that float keeps what tells the nodes apart.
    T top = T(-1e30);
    for (int k = 0; k < s.node_stride; ++k) {
      const T rest = k < s.nodes ? T(work.spikes[k] - most) : T(-1e30);
      work.joint[k] = rest + (k < s.nodes ? s.beta_weight * work.value[k] : T(0));
      top = work.joint[k] > top ? work.joint[k] : top;
      work.value[k] = rest;
    }
    const double without =
        std::log(double(sum_of_exponentials<P>(s.node_stride, work.value, T(0))));
    const T sum = sum_of_exponentials<P>(s.node_stride, work.joint, top);
    losses[0] -= most + without;
    losses[1] -= double(top) + std::log(double(sum)) - without;
    T* to = s.posterior + long(n) * s.node_stride;
    for (int k = 0; k < s.node_stride; k += L)
      (exp(P::load(work.joint + k) - P(top)) * P(s.scale / sum)).store(to + k);
    for (int k = s.nodes; k < s.node_stride; ++k) to[k] = T(0);
  }
  static void gain_sum(const Step& s, Index n, double* to) {
    for (int k = 0; k < s.node_stride; ++k) to[k] = 0;
    const NeuronSession& session = s.sessions[s.pieces[s.trials[n].piece].session];
    for (Index b = session.first_block; b < session.end_block; ++b) {
      const double* part = s.gain_sums + s.gain_sums_first[b] +
                           neuron_size(n - session.first_trial) * neuron_size(s.node_stride);
      for (int k = 0; k < s.nodes; ++k) to[k] += part[k];
    }
  }

  static void one_trial_back(const Step& s, Index n, TrialWork& work) {
    const NeuronTrial& trial = s.trials[n];
    const bool trunk = s.heads.kind == formulas::HeadKind::trunk;
    const long F1 = 2L * s.heads.hidden * s.channels, f1 = 2L * s.heads.hidden;
    P* means = work.sums + (trunk ? 0 : F1 + 2 * f1);
    T *gx = s.gx + long(n) * s.channels, *gy = s.gy + long(n) * s.channels;
    for (int c = 0; c < s.channels; ++c) gx[c] = gy[c] = T(0);
    for (int k = 0; k < s.node_stride; k += L) {
      const P w = P::load(s.posterior + long(n) * s.node_stride + k) * s.beta_weight;
      const auto h = formulas::node_hazards(s.heads, boost(s, k), work.x, work.y, work.units);
      formulas::NodeHazards<P> g{{w, w}, {P(0), P(0)}};
      if (trial.action >= 0) g.rate[trial.action] = -w / (h.rate[trial.action] + P(s.rate_floor));
      for (int c = 0; c < s.channels; ++c) work.gx[c] = work.gy[c] = P(0);
      formulas::node_hazards_adjoint(
          s.heads, boost(s, k), work.x, work.y, work.units, g,
          {work.gx, work.gy, work.sums, work.sums + F1, work.sums + F1 + f1});
      for (int c = 0; c < s.channels; ++c) {
        const P b = boost(s, k)[c], x = work.gx[c] * b, y = work.gy[c] * b;
        gx[c] += lane_sum(x);
        gy[c] += lane_sum(y);
        const P node = P::load(s.node + k) - (trunk ? P(0) : P(s.mean_loading[c]));
        means[c] = means[c] + (x * work.x[c] + y * work.y[c]) * node;
      }
    }
  }
};

}  // namespace nnpoisson::simd
