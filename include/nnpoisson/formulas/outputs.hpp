#pragma once

#include "nnpoisson/formulas/network.hpp"

/// The network's outputs at a point and their time derivatives, without an adjoint.
namespace nnpoisson::formulas {

/// What one point's outputs are computed in.
template <class P>
struct OutputColumns {
  TrunkColumns<P> trunk;
  DualColumn<P> v, z;  ///< [regions]
  Column<P> slope;     ///< [regions] of z
  HeadColumns<P> head;
};

/// z of every region.
template <class P, class S>
NNP_FORMULA void region_outputs(const Network<S>& net, P time, Column<P> h3, Column<P> bypass,
                                const OutputColumns<P>& x) {
  trunk_forward<true>(net, time, h3, bypass, x.trunk);
  dense<true>(net.E, net.e, net.hidden_width, net.regions, x.trunk.n2, x.v);
  softplus_forward<true>(net.regions, x.v, x.z, x.slope);
}

/// The same of one region alone, from the trunk computed before; its v is scratch.
template <class P, class S>
NNP_FORMULA Dual<P> region_output(const Network<S>& net, int region, const OutputColumns<P>& x) {
  dense_rows<true, 1>(net.E, net.e, net.hidden_width, net.regions, x.trunk.n2, x.v, region);
  const auto z = softplus_with_slope(x.v.value[region]);
  return {z.value, z.slope * x.v.rate[region]};
}

/// b of one action, from the regions' outputs.
template <class P, class S>
NNP_FORMULA Dual<P> action_output(const Network<S>& net, int action, const OutputColumns<P>& x) {
  head_forward<true>(net, action, x.z, x.head);
  const auto b = softplus_with_slope(x.head.x.value[0]);
  return {b.value, b.slope * x.head.x.rate[0]};
}

/// dF_a/dz_g of every region in gz: the adjoint of the head at the regions' outputs. gx (one
/// number), gy [behaviour_width]: scratch.
template <class P, class S>
NNP_FORMULA void action_gradient(const Network<S>& net, int action, const OutputColumns<P>& x,
                                 Column<P> gx, Column<P> gy, Column<P> gz) {
  head_forward<false>(net, action, x.z, x.head);
  gx[0] = softplus_with_slope(x.head.x.value[0]).slope;
  for (int g = 0; g < net.regions; ++g) gz[g] = P(0);
  head_adjoint<false>(net, action, x.head, values_only(gx), values_only(gy), values_only(gz));
}

/// Rows of numbers that OutputColumns take, one number a point each.
inline int output_rows(const NetworkSizes& net) {
  return 2 * net.time_width + 4 * net.hidden_width + 5 * net.regions + 4 * net.behaviour_width + 2;
}

/// Columns that follow each other in `rows`, whose elements lie `stride` apart.
template <class P>
OutputColumns<P> output_columns(const NetworkSizes& net, P* rows, int stride) {
  const auto take = [&rows, stride](int n) {
    const Column<P> column{rows, stride};
    rows += static_cast<long>(n) * stride;
    return column;
  };
  const auto take_both = [&take](int n) {
    const Column<P> value = take(n);
    return DualColumn<P>{value, take(n)};
  };

  OutputColumns<P> x{};
  x.trunk.m = take_both(net.time_width);
  x.trunk.n1 = take_both(net.hidden_width);
  x.trunk.n2 = take_both(net.hidden_width);

  x.v = take_both(net.regions);
  x.z = take_both(net.regions);
  x.slope = take(net.regions);

  x.head.w = take_both(net.behaviour_width);
  x.head.rate = take(net.behaviour_width);
  x.head.slope = take(net.behaviour_width);
  x.head.x = take_both(1);
  return x;
}

}  // namespace nnpoisson::formulas
