#pragma once

#include <cmath>

#include "nnpoisson/formulas/dense.hpp"
#include "nnpoisson/formulas/network.hpp"

/// The mathematics of preset `neurons` (docs/neurons.md has the equations): features of stimulus
/// and time that all units share, each unit's amplitudes over them, gains, and the prior of the
/// trial's latent. P: a number, or a pack of points, units or nodes; S: the parameters' type.
namespace nnpoisson::formulas {

inline constexpr int neuron_width = 10;  ///< of both layers of the stimulus
inline constexpr int drift_bumps = 8;    ///< raised cosines over a session
inline constexpr double ln2 = 0.69314718055994530942;
inline constexpr double two_tanh_1 = 1.5231883119115298;  ///< 2 tanh 1: a feature rises by about 1

/// Sizes and parameters of the shared part, kernels [in x out] row-major.
template <class S>
struct NeuronTrunk {
  int features, width;  ///< F; H
  const S *A1, *b1, *A2, *b2, *A3, *b3, *a, *C, *c;
};

// ---------------------------------------------------------------- stimulus

/// One stimulus' layers, kept for the adjoint. s: [F], standardised; h3: [H]; signal: [10], the
/// part of phi beside s.
template <class P>
struct NeuronStimulus {
  Column<P> s, u1, h1, u2, h2, h3, signal;
};

template <class P, class S>
NNP_FORMULA void neuron_stimulus(const NeuronTrunk<S>& net, const NeuronStimulus<P>& x) {
  using std::tanh;
  dense(net.A1, net.b1, net.features, neuron_width, x.s, x.u1);
  for (int i = 0; i < neuron_width; ++i) x.h1[i] = softplus(x.u1[i]);
  dense(net.A2, net.b2, neuron_width, neuron_width, x.h1, x.u2);
  for (int i = 0; i < neuron_width; ++i) {
    x.h2[i] = softplus(x.u2[i]);
    x.signal[i] = tanh(x.h2[i] - P(S(ln2)));
  }
  dense(net.A3, net.b3, neuron_width, net.width, x.h2, x.h3);
}

/// From the adjoints of h3 and of the signals to those of the pre-activations u2 and u1.
template <class P, class S>
NNP_FORMULA void neuron_stimulus_adjoint(const NeuronTrunk<S>& net, const NeuronStimulus<P>& x,
                                         Column<P> gh3, Column<P> gsignal, Column<P> gu2,
                                         Column<P> gu1) {
  dense_input_adjoint(net.A3, neuron_width, net.width, gh3, gu2);
  for (int i = 0; i < neuron_width; ++i) {
    const P g = gu2[i] + gsignal[i] * (P(1) - x.signal[i] * x.signal[i]);
    gu2[i] = g * logistic(x.u2[i]);
  }
  dense_input_adjoint(net.A2, neuron_width, neuron_width, gu2, gu1);
  for (int i = 0; i < neuron_width; ++i) gu1[i] = gu1[i] * logistic(x.u1[i]);
}

// ---------------------------------------------------------------- features in time

/// One point's layers, kept for the adjoint: m [H]; n [H], whose rate is kept before its tanh.
template <class P>
struct FeatureColumns {
  DualColumn<P> m, n;
};

/// The first H features at tau = t / W: in f their values, or with Rate their derivatives in tau.
/// (The last feature is tau itself.)
template <bool Rate, class P, class S>
NNP_FORMULA void neuron_features(const NeuronTrunk<S>& net, P tau, Column<P> h3,
                                 const FeatureColumns<P>& x, Column<P> f) {
  using std::tanh;
  for (int i = 0; i < net.width; ++i) {
    const P m = tanh(h3[i] + tau * net.a[i]);
    x.m.value[i] = m;
    if constexpr (Rate) x.m.rate[i] = (P(1) - m * m) * net.a[i];
  }

  const P scale = P(S(1 / two_tanh_1));
  dense<Rate>(net.C, net.c, net.width, net.width, x.m, x.n);
  for (int k = 0; k < net.width; ++k) {
    const P n = tanh(x.n.value[k]);
    x.n.value[k] = n;
    if constexpr (Rate)
      f[k] = scale * (P(1) - n * n) * x.n.rate[k];
    else
      f[k] = scale * n;
  }
}

/// From gf, the adjoint of what neuron_features gave, to gn, that of C's layer, to gm, in the end
/// the adjoint of h3 + a tau in its values, and ga, that of a. All [H].
template <bool Rate, class P, class S>
NNP_FORMULA void neuron_features_adjoint(const NeuronTrunk<S>& net, P tau,
                                         const FeatureColumns<P>& x, Column<P> gf, DualColumn<P> gn,
                                         DualColumn<P> gm, Column<P> ga) {
  const P scale = P(S(1 / two_tanh_1));
  for (int k = 0; k < net.width; ++k) {
    const P n = x.n.value[k], slope = P(1) - n * n, g = scale * slope * gf[k];
    if constexpr (Rate) {
      gn.value[k] = P(-2) * n * g * x.n.rate[k];
      gn.rate[k] = g;
    } else {
      gn.value[k] = g;
    }
  }

  dense_input_adjoint<Rate, false>(net.C, net.width, net.width, gn, gm);
  for (int i = 0; i < net.width; ++i) {
    Dual<P> g = dual_at<Rate>(gm, i);
    const P m = x.m.value[i];
    tanh_adjoint<Rate>(m, P(1) - m * m, P(net.a[i]), g);
    gm.value[i] = g.value;
    ga[i] = Rate ? g.value * tau + g.rate : g.value * tau;
  }
}

// ---------------------------------------------------------------- events

/// -weight log v for v = sum_k A_k row_k + floor > 0, and minus its adjoint in v.
template <class P>
struct EventTerm {
  P loss, pull;
};
template <class P>
NNP_FORMULA EventTerm<P> event_term(P v, P weight) {
  using std::log;
  return {-(weight * log(v)), weight / v};
}

// ---------------------------------------------------------------- gains

/// psi_j of the drift: a raised cosine of the trial's place in its session, a number in [0, 1].
NNP_FORMULA double drift_bump(int j, double place) {
  constexpr double pi = 3.14159265358979323846;
  const double x = (drift_bumps - 1) * place - j;
  return std::abs(x) < 1 ? 0.5 * (1 + std::cos(pi * x)) : 0;
}

/// log of the shared gain of a node: c u - c^2 / 2.
template <class P>
NNP_FORMULA P log_gain(P c, P node) {
  return c * node - P(0.5) * c * c;
}

/// What a unit's count Y adds to log p(spikes | node) beside terms that no node enters. M: expected
/// count with drift; eta, gain: log_gain and its exponential; with the private gain
/// over_q = M / q and weight = q + Y.
template <class P>
NNP_FORMULA P private_gain_term(P count, P eta, P weight, P over_q, P gain) {
  using std::log1p;
  return count * eta - weight * log1p(over_q * gain);
}
template <class P>
NNP_FORMULA P shared_gain_term(P count, P eta, P expected, P gain) {
  return count * eta - expected * gain;
}

/// log(1 + j / q) and its derivative in ln q. lnG(q + y) - lnG(q) - y ln q is the sum of it over j
/// = 1 .. y - 1, without the cancellation of that form.
template <class P>
NNP_FORMULA ValueAndSlope<P> count_factor(P j, P q) {
  using std::log1p;
  return {log1p(j / q), -j / (q + j)};
}

// ---------------------------------------------------------------- heads

enum class HeadKind : unsigned char { trunk, regions };

/// What turns the numbers of a trial's channels into hazards at a node. Channels: the two actions
/// (trunk), or regions.
template <class S>
struct NeuronHeads {
  HeadKind kind;
  int channels, hidden;   ///< 2 or G; J
  const S* delta;         ///< trunk: [2]
  const S *F1, *f1, *F2;  ///< regions: [2 x J x G], [2 x J], [2 x J]
  S scale[2];             ///< regions: rho_a W
};

/// At a node: cumulative hazards less their floor, and hazards times W less theirs.
template <class P>
struct NodeHazards {
  P total[2], rate[2];
};

/// A hidden unit of a head that reads regions, kept for the adjoint: its value and slope, the rate
/// of its pre-activation. With many regions these units saturate, and their slopes still count:
/// hence tanh_with_slope.
template <class P>
struct HeadUnit {
  P value, slope, rate;
};

/// boost: [channels] exp(delta u), or the regions' gains. x, y: a channel's sum over features of
/// amplitude times rise, and times the rate. units: [2 x J], kept for the adjoint.
template <class P, class S>
NNP_FORMULA NodeHazards<P> node_hazards(const NeuronHeads<S>& heads, const P* boost, const S* x,
                                        const S* y, HeadUnit<P>* units) {
  using std::tanh;
  NodeHazards<P> out;
  for (int a = 0; a < 2; ++a) {
    if (heads.kind == HeadKind::trunk) {
      out.total[a] = boost[a] * x[a];
      out.rate[a] = boost[a] * y[a];
      continue;
    }
    P total(0), rate(0);
    for (int j = 0; j < heads.hidden; ++j) {
      const int at = a * heads.hidden + j;
      P v = P(heads.f1[at]), dv(0);
      for (int g = 0; g < heads.channels; ++g) {
        const S weight = heads.F1[static_cast<long>(at) * heads.channels + g];
        v = v + boost[g] * (weight * x[g]);
        dv = dv + boost[g] * (weight * y[g]);
      }
      const auto h = tanh_with_slope(v);
      units[at] = {h.value, h.slope, dv};
      total = total + (h.value - tanh(P(heads.f1[at]))) * heads.F2[at];
      rate = rate + h.slope * dv * heads.F2[at];
    }
    out.total[a] = total * heads.scale[a];
    out.rate[a] = rate * heads.scale[a];
  }
  return out;
}

/// Adjoints of node_hazards, added: of boost x and boost y at each channel, of the parameters.
template <class P>
struct NeuronHeadsAdjoint {
  P *boosted_x, *boosted_y;  ///< [channels]
  P *F1, *f1, *F2;           ///< regions
};

template <class P, class S>
NNP_FORMULA void node_hazards_adjoint(const NeuronHeads<S>& heads, const P* boost, const S* x,
                                      const S* y, const HeadUnit<P>* units, const NodeHazards<P>& g,
                                      const NeuronHeadsAdjoint<P>& to) {
  for (int a = 0; a < 2; ++a) {
    if (heads.kind == HeadKind::trunk) {
      to.boosted_x[a] = to.boosted_x[a] + g.total[a];
      to.boosted_y[a] = to.boosted_y[a] + g.rate[a];
      continue;
    }
    const P gt = g.total[a] * heads.scale[a], gr = g.rate[a] * heads.scale[a];
    for (int j = 0; j < heads.hidden; ++j) {
      const int at = a * heads.hidden + j;
      const HeadUnit<P> h = units[at];
      const auto at_0 = tanh_with_slope(P(heads.f1[at]));
      to.F2[at] = to.F2[at] + gt * (h.value - at_0.value) + gr * h.slope * h.rate;
      const P gh = (gt - P(2) * h.value * h.rate * gr) * heads.F2[at];
      const P gv = gh * h.slope, gdv = gr * h.slope * heads.F2[at];
      to.f1[at] = to.f1[at] + gv - gt * at_0.slope * heads.F2[at];
      for (int c = 0; c < heads.channels; ++c) {
        const long w = static_cast<long>(at) * heads.channels + c;
        to.F1[w] = to.F1[w] + (gv * x[c] + gdv * y[c]) * boost[c];
        to.boosted_x[c] = to.boosted_x[c] + gv * heads.F1[w];
        to.boosted_y[c] = to.boosted_y[c] + gdv * heads.F1[w];
      }
    }
  }
}

}  // namespace nnpoisson::formulas
