#pragma once

#include <cstdint>

#include "nnpoisson/formulas/dense.hpp"

/// The monotone network at a point, its time derivative and the adjoint of both
/// (docs/architecture.md has the equations). Rate = true carries the derivative beside the value;
/// Rate = false leaves every d... column untouched.
namespace nnpoisson::formulas {

/// A network's sizes and parameters, every kernel [in x out] row-major.
template <class S>
struct Network {
  int features, width1, width2, time_width, hidden_width, regions;
  int columns;  ///< of E: regions, or units where each has its own
  int behaviour_width;
  bool bypass;
  const std::int32_t *column_region,
      *region_columns;  ///< readout by unit: a column's region, a region's columns; else null
  const S *A1, *b1, *A2, *b2, *A3, *b3, *a, *C, *c, *R, *d, *E, *e;
  struct Head {
    const S *F1, *f1, *F2, *f2;
  } head[2];  ///< left, right
};

/// The adjoint of y = tanh(x), dy = slope dx at one unit: (gy, gdy) becomes (gx, gdx). slope: 1 -
/// y^2.
template <bool Rate, class P>
NNP_FORMULA void tanh_adjoint(P y, P slope, P dx, P& gy, P& gdy) {
  if constexpr (Rate) {
    gy = slope * (gy - P(2) * y * gdy * dx);
    gdy = slope * gdy;
  } else {
    gy = slope * gy;
  }
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
  dense<false>(net.A1, net.b1, net.features, net.width1, x.s, x.s, x.u1, x.u1);
  for (int i = 0; i < net.width1; ++i) x.h1[i] = softplus(x.u1[i]);
  dense<false>(net.A2, net.b2, net.width1, net.width2, x.h1, x.h1, x.u2, x.u2);
  for (int i = 0; i < net.width2; ++i) x.h2[i] = softplus(x.u2[i]);
  dense<false>(net.A3, net.b3, net.width2, net.time_width, x.h2, x.h2, x.h3, x.h3);
  if (net.bypass)
    for (int j = 0; j < net.hidden_width; ++j)
      x.bypass[j] = bypass_unit(net, x.s[net.features - 1], j);
}

/// From gh3, the adjoint of h3, to those of the pre-activations u2 and u1.
template <class P, class S>
NNP_FORMULA void stimulus_adjoint(const Network<S>& net, const StimulusColumns<P>& x, Column<P> gh3,
                                  Column<P> gu2, Column<P> gu1) {
  dense_input_adjoint<false, false>(net.A3, net.width2, net.time_width, gh3, gh3, gu2, gu2);
  for (int i = 0; i < net.width2; ++i) gu2[i] = gu2[i] * logistic(x.u2[i]);
  dense_input_adjoint<false, false>(net.A2, net.width1, net.width2, gu2, gu2, gu1, gu1);
  for (int i = 0; i < net.width1; ++i) gu1[i] = gu1[i] * logistic(x.u1[i]);
}

// ---------------------------------------------------------------- trunk: time and stimulus to n2

/// One point's trunk, kept for the adjoint. [time_width]: m dm; [hidden_width]: n1 du n2 dn2.
template <class P>
struct TrunkColumns {
  Column<P> m, dm, n1, du, n2, dn2;
};

/// h3: the stimulus' h3 at this point, [time_width]; bypass: [hidden_width], read only if the
/// network has the bypass.
template <bool Rate, class P, class S>
NNP_FORMULA void trunk_forward(const Network<S>& net, P time, Column<P> h3, Column<P> bypass,
                               const TrunkColumns<P>& x) {
  using std::tanh;
  for (int i = 0; i < net.time_width; ++i) {
    const P m = tanh(h3[i] + time * net.a[i]);
    x.m[i] = m;
    if constexpr (Rate) x.dm[i] = (P(1) - m * m) * net.a[i];
  }
  dense<Rate>(net.C, net.c, net.time_width, net.hidden_width, x.m, x.dm, x.n1, x.du);
  for (int j = 0; j < net.hidden_width; ++j) {
    const P n1 = tanh(x.n1[j]);
    x.n1[j] = n1;
    const P n2 = tanh(net.bypass ? n1 + bypass[j] : n1);
    x.n2[j] = n2;
    if constexpr (Rate) x.dn2[j] = (P(1) - n2 * n2) * ((P(1) - n1 * n1) * x.du[j]);
  }
}

/// From (gn2, gdn2) to the adjoints of the pre-activations: gu, gdu of C's layer (written over gn2,
/// gdn2), gp of the bypass and gq, the adjoint of h3 + a t, with `ga` the adjoint of a at this
/// point. gm, gdm: scratch, [time_width]; gq is written over gm.
template <bool Rate, class P, class S>
NNP_FORMULA void trunk_adjoint(const Network<S>& net, P time, const TrunkColumns<P>& x,
                               Column<P> gn2, Column<P> gdn2, Column<P> gp, Column<P> gm,
                               Column<P> gdm, Column<P> ga) {
  for (int j = 0; j < net.hidden_width; ++j) {
    P g = gn2[j], gd = Rate ? gdn2[j] : P(0);
    const P n1 = x.n1[j], n2 = x.n2[j], du = Rate ? x.du[j] : P(0);
    const P slope = P(1) - n1 * n1;
    tanh_adjoint<Rate>(n2, P(1) - n2 * n2, slope * du, g, gd);
    if (net.bypass) gp[j] = g;
    tanh_adjoint<Rate>(n1, slope, du, g, gd);
    gn2[j] = g;
    if constexpr (Rate) gdn2[j] = gd;
  }
  dense_input_adjoint<Rate, false>(net.C, net.time_width, net.hidden_width, gn2, gdn2, gm, gdm);
  for (int i = 0; i < net.time_width; ++i) {
    P g = gm[i], gd = Rate ? gdm[i] : P(0);
    const P m = x.m[i];
    tanh_adjoint<Rate>(m, P(1) - m * m, P(net.a[i]), g, gd);
    gm[i] = g;
    ga[i] = Rate ? g * time + gd : g * time;
  }
}

// ---------------------------------------------------------------- readout: n2 to the regions'
// pre-activations v

/// z = softplus(v), dz = logistic(v) dv for every region; `slope` keeps logistic(v) for the
/// adjoint.
template <bool Rate, class P>
NNP_FORMULA void softplus_forward(int n, Column<P> v, Column<P> dv, Column<P> z, Column<P> dz,
                                  Column<P> slope) {
  for (int g = 0; g < n; ++g) {
    const auto f = softplus_with_slope(v[g]);
    z[g] = f.value;
    slope[g] = f.slope;
    if constexpr (Rate) dz[g] = f.slope * dv[g];
  }
}

/// The adjoint of softplus_forward: (gz, gdz) becomes (gv, gdv).
template <bool Rate, class P>
NNP_FORMULA void softplus_adjoint(int n, Column<P> dv, Column<P> slope, Column<P> gz,
                                  Column<P> gdz) {
  for (int g = 0; g < n; ++g) {
    const P s = slope[g];
    if constexpr (Rate) {
      gz[g] = s * (gz[g] + gdz[g] * dv[g] * (P(1) - s));
      gdz[g] = gdz[g] * s;
    } else {
      gz[g] = gz[g] * s;
    }
  }
}

/// What behaviour reads at one point. [columns]: v dv, zu dzu and the slope of zu; [regions]: z dz,
/// the means of zu dzu over a region's columns, or the same numbers where regions are the columns.
template <class P>
struct ReadoutColumns {
  Column<P> v, dv, zu, dzu, slope, z, dz;
};

/// From v dv to z dz; a region without columns has 0.
template <bool Rate, class P, class S>
NNP_FORMULA void readout_forward(const Network<S>& net, const ReadoutColumns<P>& x) {
  softplus_forward<Rate>(net.columns, x.v, x.dv, x.zu, x.dzu, x.slope);
  if (!net.column_region) return;
  for (int g = 0; g < net.regions; ++g) {
    x.z[g] = P(0);
    if constexpr (Rate) x.dz[g] = P(0);
  }
  for (int u = 0; u < net.columns; ++u) {
    const int g = net.column_region[u];
    const S share = S(1) / S(net.region_columns[g]);
    x.z[g] = x.z[g] + x.zu[u] * share;
    if constexpr (Rate) x.dz[g] = x.dz[g] + x.dzu[u] * share;
  }
}

/// The adjoint of readout_forward: gz gdz [regions] to gv gdv [columns], which are the same numbers
/// where regions are the columns.
template <bool Rate, class P, class S>
NNP_FORMULA void readout_adjoint(const Network<S>& net, const ReadoutColumns<P>& x, Column<P> gz,
                                 Column<P> gdz, Column<P> gv, Column<P> gdv) {
  for (int u = 0; net.column_region && u < net.columns; ++u) {
    const int g = net.column_region[u];
    const S share = S(1) / S(net.region_columns[g]);
    gv[u] = gz[g] * share;
    if constexpr (Rate) gdv[u] = gdz[g] * share;
  }
  softplus_adjoint<Rate>(net.columns, x.dv, x.slope, gv, gdv);
}

// ---------------------------------------------------------------- behaviour: z to the action's
// pre-activation

/// One point's head of one action. [behaviour_width]: dy (pre-activation), w dw and the slope of w;
/// x, dx one number each. With many regions these units saturate, and their slopes still count:
/// hence tanh_with_slope.
template <class P>
struct HeadColumns {
  Column<P> dy, w, dw, slope;
  Column<P> x, dx;
};

template <bool Rate, class P, class S>
NNP_FORMULA void head_forward(const Network<S>& net, int action, Column<P> z, Column<P> dz,
                              const HeadColumns<P>& h) {
  const auto& head = net.head[action];
  dense<Rate>(head.F1, head.f1, net.regions, net.behaviour_width, z, dz, h.w, h.dy);
  for (int k = 0; k < net.behaviour_width; ++k) {
    const auto w = tanh_with_slope(h.w[k]);
    h.w[k] = w.value;
    h.slope[k] = w.slope;
    if constexpr (Rate) h.dw[k] = w.slope * h.dy[k];
  }
  dense<Rate>(head.F2, head.f2, net.behaviour_width, 1, h.w, h.dw, h.x, h.dx);
}

/// From (gx, gdx) to gy, gdy of the hidden layer, and added to the regions' gz, gdz.
template <bool Rate, class P, class S>
NNP_FORMULA void head_adjoint(const Network<S>& net, int action, const HeadColumns<P>& h,
                              Column<P> gx, Column<P> gdx, Column<P> gy, Column<P> gdy,
                              Column<P> gz, Column<P> gdz) {
  const auto& head = net.head[action];
  dense_input_adjoint<Rate, false>(head.F2, net.behaviour_width, 1, gx, gdx, gy, gdy);
  for (int k = 0; k < net.behaviour_width; ++k) {
    P none(0);
    tanh_adjoint<Rate>(h.w[k], h.slope[k], Rate ? h.dy[k] : none, gy[k], Rate ? gdy[k] : none);
  }
  dense_input_adjoint<Rate, true>(head.F1, net.regions, net.behaviour_width, gy, gdy, gz, gdz);
}

}  // namespace nnpoisson::formulas
