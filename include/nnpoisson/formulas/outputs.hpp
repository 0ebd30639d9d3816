#pragma once

#include "nnpoisson/formulas/network.hpp"

/// The network's outputs at a point and their time derivatives, without an adjoint.
namespace nnpoisson::formulas {

template <class P>
struct ValueAndRate {
  P value, rate;
};

/// What one point's outputs are computed in.
template <class P>
struct OutputColumns {
  TrunkColumns<P> trunk;
  ReadoutColumns<P> readout;
  HeadColumns<P> head;
};

/// zu and dzu of every column, z and dz of every region.
template <class P, class S>
NNP_FORMULA void region_outputs(const Network<S>& net, P time, Column<P> h3, Column<P> bypass,
                                const OutputColumns<P>& x) {
  trunk_forward<true>(net, time, h3, bypass, x.trunk);
  dense<true>(net.E, net.e, net.hidden_width, net.columns, x.trunk.n2, x.trunk.dn2, x.readout.v,
              x.readout.dv);
  readout_forward<true>(net, x.readout);
}

/// The same of one column alone, from the trunk computed before; its v and dv are scratch.
template <class P, class S>
NNP_FORMULA ValueAndRate<P> column_output(const Network<S>& net, int column,
                                          const OutputColumns<P>& x) {
  dense_rows<true, 1>(net.E, net.e, net.hidden_width, net.columns, x.trunk.n2, x.trunk.dn2,
                      x.readout.v, x.readout.dv, column);
  const auto z = softplus_with_slope(x.readout.v[column]);
  return {z.value, z.slope * x.readout.dv[column]};
}

/// b and its derivative of one action, from the regions' outputs.
template <class P, class S>
NNP_FORMULA ValueAndRate<P> action_output(const Network<S>& net, int action,
                                          const OutputColumns<P>& x) {
  head_forward<true>(net, action, x.readout.z, x.readout.dz, x.head);
  const auto b = softplus_with_slope(x.head.x[0]);
  return {b.value, b.slope * x.head.dx[0]};
}

/// dF_a/dz_g of every region in gz: the adjoint of the head at the regions' outputs. gx (one
/// number), gy [behaviour_width]: scratch.
template <class P, class S>
NNP_FORMULA void action_gradient(const Network<S>& net, int action, const OutputColumns<P>& x,
                                 Column<P> gx, Column<P> gy, Column<P> gz) {
  head_forward<false>(net, action, x.readout.z, x.readout.dz, x.head);
  gx[0] = softplus_with_slope(x.head.x[0]).slope;
  for (int g = 0; g < net.regions; ++g) gz[g] = P(0);
  head_adjoint<false>(net, action, x.head, gx, gx, gy, gy, gz, gz);
}

/// Rows of numbers that OutputColumns take, one number a point each.
template <class S>
NNP_FORMULA constexpr int output_rows(const Network<S>& net) {
  return 2 * net.time_width + 4 * net.hidden_width + 5 * net.columns +
         (net.column_region ? 2 * net.regions : 0) + 4 * net.behaviour_width + 2;
}

/// Columns that follow each other in `rows`, whose elements lie `stride` apart.
template <class P, class S>
NNP_FORMULA OutputColumns<P> output_columns(const Network<S>& net, P* rows, int stride) {
  const auto take = [&rows, stride](int n) {
    const Column<P> column{rows, stride};
    rows += static_cast<long>(n) * stride;
    return column;
  };
  const int T = net.time_width, H = net.hidden_width, K = net.columns, W = net.behaviour_width;
  OutputColumns<P> x{};
  x.trunk.m = take(T), x.trunk.dm = take(T);
  x.trunk.n1 = take(H), x.trunk.du = take(H), x.trunk.n2 = take(H), x.trunk.dn2 = take(H);
  ReadoutColumns<P>& r = x.readout;
  r.v = take(K), r.dv = take(K), r.zu = take(K), r.dzu = take(K), r.slope = take(K);
  r.z = net.column_region ? take(net.regions) : r.zu;
  r.dz = net.column_region ? take(net.regions) : r.dzu;
  x.head.dy = take(W), x.head.w = take(W), x.head.dw = take(W), x.head.slope = take(W);
  x.head.x = take(1), x.head.dx = take(1);
  return x;
}

}  // namespace nnpoisson::formulas
