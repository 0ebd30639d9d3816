#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Blocks of units: what their counts say of the latent, trial by trial.
template <class P>
class NeuronGains {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;

 public:
  /// The part of a block of units in log p(spikes | node), trial by trial; returns what no node
  /// enters, as a loss.
  static double forward(const Step& s, Index number, void* memory) {
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    P* sum = static_cast<P*>(memory);
    double loss = 0;
    for (Index n = 0; n < session.trials; ++n) {
      T* totals = s.totals + session.first_count + long(n) * session.stride;
      for (Index u = block.end; u % L != 0; ++u) totals[u] = T(0);
      for (int k = 0; k < s.nodes; ++k) sum[k] = P(0);
      P linear(0), square(0), drifted(0);
      for (Index u = block.first; u < block.end; u += L) {
        const UnitGain g(s, session, n, u);
        const P c = neuron_loading<P>(s, g.at);
        linear = linear + g.count * c;
        square = square + g.count * c * c * P(T(0.5));
        drifted = drifted + g.count * g.drift;
        const T* gain = s.gain + g.at;
        if (s.private_gain) {
          for (int k = 0; k < s.nodes; ++k)
            sum[k] = sum[k] - g.weight * log1p(g.over_q * P::load(gain + long(k) * s.gains));
        } else {
          for (int k = 0; k < s.nodes; ++k)
            sum[k] = sum[k] - g.expected * P::load(gain + long(k) * s.gains);
        }
      }
      double* to =
          s.gain_sums + s.gain_sums_first[number] + neuron_size(n) * neuron_size(s.node_stride);
      const double of_c = lane_sum(linear), of_square = lane_sum(square);
      for (int k = 0; k < s.node_stride; ++k)
        to[k] = k < s.nodes ? double(lane_sum(sum[k])) + of_c * double(s.node[k]) - of_square : 0;
      loss -= double(lane_sum(drifted));
    }
    if (s.private_gain)
      for (Index u = block.first; u < block.end; ++u) loss -= more_spikes(s, session, u).value;
    return loss;
  }

  static void back(const Step& s, Index number, void*) {
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    for (Index u = block.first; u < block.end; u += L) {
      P gc(0), gq(0), gd[formulas::drift_bumps];
      for (P& g : gd) g = P(0);
      for (Index n = 0; n < session.trials; ++n) {
        const UnitGain g(s, session, n, u);
        const long t = session.first_trial + n;
        const T* posterior = s.posterior + t * s.node_stride;
        P all(0), mean(0), pulled(0), pulled_node(0), logs(0);
        for (int k = 0; k < s.nodes; ++k) {
          const P w(posterior[k]), gain = P::load(s.gain + long(k) * s.gains + g.at);
          const P x = g.over_q * gain;
          const P share = s.private_gain ? gain / (P(1) + x) : gain;
          all = all + w;
          mean = mean + w * s.node[k];
          pulled = pulled + w * share;
          pulled_node = pulled_node + w * share * s.node[k];
          if (s.private_gain) logs = logs + w * log1p(x);
        }
        // In M, the expected count with drift: minus the slope of the log-likelihood.
        const P pull = s.private_gain ? g.weight * g.inverse_q * pulled : pulled;
        const P pull_node = s.private_gain ? g.weight * g.inverse_q * pulled_node : pulled_node;
        const P c = neuron_loading<P>(s, g.at);
        gc = gc - g.count * (mean - c * all) + g.expected * (pull_node - c * pull);
        if (s.private_gain) gq = gq - g.expected * pull + g.q * logs;
        const P of_drift = g.expected * pull - g.count * all;
        (pull * g.growth).store(s.totals + session.first_count + long(n) * session.stride + u);
        if (s.drift) {
          const Index bump = s.trials[t].bump;
          gd[bump] = gd[bump] + of_drift * s.bumps[2 * t];
          gd[bump + 1] = gd[bump + 1] + of_drift * s.bumps[2 * t + 1];
        }
      }
      const long at = session.first_gain + u;
      if (s.shared_gain) gc.store(s.g_c + at);
      if (s.private_gain) gq.store(s.g_lnq + at);
      for (int j = 0; s.drift && j < formulas::drift_bumps; ++j)
        gd[j].store(s.g_d + long(j) * s.gains + at);
    }
    if (s.private_gain)
      for (Index u = block.first; u < block.end; ++u)
        s.g_lnq[session.first_gain + u] -= T(double(s.scale) * more_spikes(s, session, u).slope);
  }

 private:
  /// A pack of units in a trial.
  struct UnitGain {
    UnitGain(const Step& s, const NeuronSession& session, Index n, Index u)
        : at(long(session.first_gain) + u), drift(0), growth(1), q(1), inverse_q(1) {
      const long t = session.first_trial + n,
                 cell = long(session.first_count) + long(n) * session.stride + u;
      count = P::load(s.counts + cell);
      if (s.drift) {
        const T* d = s.d + long(s.trials[t].bump) * s.gains + at;
        drift = P::load(d) * s.bumps[2 * t] + P::load(d + s.gains) * s.bumps[2 * t + 1];
        growth = exp(drift);
      }
      expected = P::load(s.totals + cell) * growth;
      over_q = expected;
      weight = P(1);
      if (s.private_gain) {
        const P lnq = P::load(s.lnq + at);
        q = exp(lnq);
        inverse_q = exp(-lnq);
        over_q = expected * inverse_q;
        weight = q + count;
      }
    }
    long at;
    P count, drift, growth, expected, q, inverse_q, over_q, weight;
  };

  static formulas::ValueAndSlope<double> more_spikes(const Step& s, const NeuronSession& session,
                                                     Index u) {
    const Index first = s.more_first[session.first_more + u],
                end = s.more_first[session.first_more + u + 1];
    const P q = exp(P(s.lnq[session.first_gain + u]));
    double value = 0, slope = 0;
    for (Index k = first; k < end; k += L) {
      T numbers[L], trials[L];
      for (Index lane = 0; lane < L; ++lane) {
        numbers[lane] = T(k - first + lane + 1);
        trials[lane] = k + lane < end ? s.more[k + lane] : T(0);
      }
      const P j = load_any<P>(numbers), times = load_any<P>(trials);
      const auto factor = formulas::count_factor(j, q);
      value += double(lane_sum(times * factor.value));
      slope += double(lane_sum(times * factor.slope));
    }
    return {value, slope};
  }
};

}  // namespace nnpoisson::simd
