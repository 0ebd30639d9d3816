#pragma once

#include "nnpoisson/formulas/dense.hpp"

/// The monotone network at a point, its time derivative and the adjoint of both
/// (docs/architecture.md has the equations). Rate = true carries the derivative beside the value;
/// Rate = false leaves every rate untouched.
namespace nnpoisson::formulas {

struct NetworkSizes {
  int features, width1, width2, time_width, hidden_width, regions;
  int behaviour_width;
  bool bypass;

  /// What points read of their stimulus: h3 and, with the bypass, what it adds to each unit of n1.
  [[nodiscard]] NNP_FORMULA constexpr int stimulus_row() const {
    return time_width + (bypass ? hidden_width : 0);
  }
};

/// A network's sizes and parameters, every kernel [in x out] row-major.
template <class S>
struct Network : NetworkSizes {
  const S *A1, *b1, *A2, *b2, *A3, *b3, *a, *C, *c, *R, *d, *E, *e;
  struct Head {
    const S *F1, *f1, *F2, *f2;
  } head[2];  ///< left, right
};

/// The adjoint of y = tanh(x), y' = slope x' at one unit: that of y becomes that of x. slope: 1 -
/// y^2; rate: x'.
template <bool Rate, class P>
NNP_FORMULA void tanh_adjoint(P y, P slope, P rate, Dual<P>& g) {
  if constexpr (Rate) {
    g.value = slope * (g.value - P(2) * y * g.rate * rate);
    g.rate = slope * g.rate;
  } else {
    g.value = slope * g.value;
  }
}

/// Element i, with rate 0 where rates are not carried.
template <bool Rate, class P>
NNP_FORMULA Dual<P> dual_at(DualColumn<P> x, int i) {
  return {x.value[i], Rate ? x.rate[i] : P(0)};
}
template <bool Rate, class P>
NNP_FORMULA void put_dual(DualColumn<P> x, int i, Dual<P> dual) {
  x.value[i] = dual.value;
  if constexpr (Rate) x.rate[i] = dual.rate;
}

// ---------------------------------------------------------------- stimulus

/// One stimulus' layers, kept for the adjoint; g.. hold adjoints.
template <class P>
struct StimulusColumns {
  Column<P> s, u1, h1, u2, h2;  ///< input; pre-activation and value of the two softplus layers
  Column<P> h3, bypass;  ///< what the points of this stimulus read: [time_width], [hidden_width]
                         ///< (bypass networks only)
};

/// What the bypass adds to unit j of n1.
template <class P, class S>
NNP_FORMULA P bypass_unit(const Network<S>& net, P last_feature, int j) {
  return last_feature * net.R[j] + P(net.d[j]);
}

template <class P, class S>
NNP_FORMULA void stimulus_forward(const Network<S>& net, const StimulusColumns<P>& x) {
  dense(net.A1, net.b1, net.features, net.width1, x.s, x.u1);
  for (int i = 0; i < net.width1; ++i) x.h1[i] = softplus(x.u1[i]);
  dense(net.A2, net.b2, net.width1, net.width2, x.h1, x.u2);
  for (int i = 0; i < net.width2; ++i) x.h2[i] = softplus(x.u2[i]);
  dense(net.A3, net.b3, net.width2, net.time_width, x.h2, x.h3);
  if (net.bypass)
    for (int j = 0; j < net.hidden_width; ++j)
      x.bypass[j] = bypass_unit(net, x.s[net.features - 1], j);
}

/// From gh3, the adjoint of h3, to those of the pre-activations u2 and u1.
template <class P, class S>
NNP_FORMULA void stimulus_adjoint(const Network<S>& net, const StimulusColumns<P>& x, Column<P> gh3,
                                  Column<P> gu2, Column<P> gu1) {
  dense_input_adjoint(net.A3, net.width2, net.time_width, gh3, gu2);
  for (int i = 0; i < net.width2; ++i) gu2[i] = gu2[i] * logistic(x.u2[i]);
  dense_input_adjoint(net.A2, net.width1, net.width2, gu2, gu1);
  for (int i = 0; i < net.width1; ++i) gu1[i] = gu1[i] * logistic(x.u1[i]);
}

// ---------------------------------------------------------------- trunk: time and stimulus to n2

/// One point's trunk, kept for the adjoint. [time_width]: m; [hidden_width]: n1, n2. The rate of n1
/// is kept before its tanh: the rate of C m + c.
template <class P>
struct TrunkColumns {
  DualColumn<P> m, n1, n2;
};

/// h3: the stimulus' h3 at this point, [time_width]; bypass: [hidden_width], read only if the
/// network has the bypass.
template <bool Rate, class P, class S>
NNP_FORMULA void trunk_forward(const Network<S>& net, P time, Column<P> h3, Column<P> bypass,
                               const TrunkColumns<P>& x) {
  using std::tanh;
  for (int i = 0; i < net.time_width; ++i) {
    const P m = tanh(h3[i] + time * net.a[i]);
    x.m.value[i] = m;
    if constexpr (Rate) x.m.rate[i] = (P(1) - m * m) * net.a[i];
  }

  dense<Rate>(net.C, net.c, net.time_width, net.hidden_width, x.m, x.n1);
  for (int j = 0; j < net.hidden_width; ++j) {
    const P n1 = tanh(x.n1.value[j]);
    x.n1.value[j] = n1;
    const P n2 = tanh(net.bypass ? n1 + bypass[j] : n1);
    x.n2.value[j] = n2;
    if constexpr (Rate) x.n2.rate[j] = (P(1) - n2 * n2) * ((P(1) - n1 * n1) * x.n1.rate[j]);
  }
}

/// What trunk_adjoint leaves and works in. [time_width]: gm, in the end the adjoint of h3 + a t in
/// its values; ga, the adjoint of a. [hidden_width]: gp, that of what the bypass adds.
template <class P>
struct TrunkAdjoint {
  DualColumn<P> gm;
  Column<P> ga, gp;
};

/// From gn2, the adjoint of n2, to those of the pre-activations; that of C's layer is written over
/// gn2.
template <bool Rate, class P, class S>
NNP_FORMULA void trunk_adjoint(const Network<S>& net, P time, const TrunkColumns<P>& x,
                               DualColumn<P> gn2, const TrunkAdjoint<P>& to) {
  for (int j = 0; j < net.hidden_width; ++j) {
    Dual<P> g = dual_at<Rate>(gn2, j);
    const auto [n1, rate] = dual_at<Rate>(x.n1, j);
    const P n2 = x.n2.value[j], slope = P(1) - n1 * n1;
    tanh_adjoint<Rate>(n2, P(1) - n2 * n2, slope * rate, g);
    if (net.bypass) to.gp[j] = g.value;
    tanh_adjoint<Rate>(n1, slope, rate, g);
    put_dual<Rate>(gn2, j, g);
  }

  dense_input_adjoint<Rate, false>(net.C, net.time_width, net.hidden_width, gn2, to.gm);
  for (int i = 0; i < net.time_width; ++i) {
    Dual<P> g = dual_at<Rate>(to.gm, i);
    const P m = x.m.value[i];
    tanh_adjoint<Rate>(m, P(1) - m * m, P(net.a[i]), g);
    to.gm.value[i] = g.value;
    to.ga[i] = Rate ? g.value * time + g.rate : g.value * time;
  }
}

// ---------------------------------------------------------------- readout: the regions'
// pre-activations v to z

/// z = softplus(v) of n regions and its rate; `slope` keeps logistic(v) for the adjoint.
template <bool Rate, class P>
NNP_FORMULA void softplus_forward(int n, DualColumn<P> v, DualColumn<P> z, Column<P> slope) {
  for (int g = 0; g < n; ++g) {
    const auto f = softplus_with_slope(v.value[g]);
    z.value[g] = f.value;
    slope[g] = f.slope;
    if constexpr (Rate) z.rate[g] = f.slope * v.rate[g];
  }
}

/// The adjoint of softplus_forward: that of z becomes that of v. rate: of v.
template <bool Rate, class P>
NNP_FORMULA void softplus_adjoint(int n, Column<P> rate, Column<P> slope, DualColumn<P> g) {
  for (int k = 0; k < n; ++k) {
    const P s = slope[k];
    if constexpr (Rate) {
      g.value[k] = s * (g.value[k] + g.rate[k] * rate[k] * (P(1) - s));
      g.rate[k] = g.rate[k] * s;
    } else {
      g.value[k] = g.value[k] * s;
    }
  }
}

// ---------------------------------------------------------------- behaviour: z to the action's
// pre-activation

/// One point's head of one action. [behaviour_width]: w, the rate of its pre-activation and its
/// slope; x: one number. With many regions these units saturate, and their slopes still count:
/// hence tanh_with_slope.
template <class P>
struct HeadColumns {
  DualColumn<P> w;
  Column<P> rate, slope;
  DualColumn<P> x;
};

template <bool Rate, class P, class S>
NNP_FORMULA void head_forward(const Network<S>& net, int action, DualColumn<P> z,
                              const HeadColumns<P>& h) {
  const auto& head = net.head[action];
  dense<Rate>(head.F1, head.f1, net.regions, net.behaviour_width, z,
              DualColumn<P>{h.w.value, h.rate});
  for (int k = 0; k < net.behaviour_width; ++k) {
    const auto w = tanh_with_slope(h.w.value[k]);
    h.w.value[k] = w.value;
    h.slope[k] = w.slope;
    if constexpr (Rate) h.w.rate[k] = w.slope * h.rate[k];
  }
  dense<Rate>(head.F2, head.f2, net.behaviour_width, 1, h.w, h.x);
}

/// From gx to gy, the adjoint of the hidden layer's pre-activation, and added to that of the
/// regions, gz.
template <bool Rate, class P, class S>
NNP_FORMULA void head_adjoint(const Network<S>& net, int action, const HeadColumns<P>& h,
                              DualColumn<P> gx, DualColumn<P> gy, DualColumn<P> gz) {
  const auto& head = net.head[action];
  dense_input_adjoint<Rate, false>(head.F2, net.behaviour_width, 1, gx, gy);
  for (int k = 0; k < net.behaviour_width; ++k) {
    Dual<P> g = dual_at<Rate>(gy, k);
    tanh_adjoint<Rate>(h.w.value[k], h.slope[k], Rate ? h.rate[k] : P(0), g);
    put_dual<Rate>(gy, k, g);
  }
  dense_input_adjoint<Rate, true>(head.F1, net.regions, net.behaviour_width, gy, gz);
}

}  // namespace nnpoisson::formulas
