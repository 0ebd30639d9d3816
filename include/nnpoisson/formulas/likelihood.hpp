#pragma once

#include "nnpoisson/formulas/elementary.hpp"

/// The three ways in which a likelihood reads a cumulative hazard f = softplus(v) (Plan, enum
/// Reading), each with its adjoint in v.
namespace nnpoisson::formulas {

template <class P>
struct RateTerm {
  P loss;
  Dual<P> adjoint;
};

/// -weight log(f' + eps), f' = logistic(v) v'.
template <class P>
NNP_FORMULA RateTerm<P> rate_term(Dual<P> v, P weight, P eps) {
  using std::log;
  const P slope = logistic(v.value);
  const P intensity = slope * v.rate + eps;
  const P g = weight * slope / intensity;  // minus the adjoint of v'
  return {-(weight * log(intensity)), {-(g * v.rate * (P(1) - slope)), -g}};
}

template <class P>
struct ValueTerm {
  P loss, adjoint;
};

/// weight f.
template <class P>
NNP_FORMULA ValueTerm<P> value_term(P v, P weight) {
  const auto f = softplus_with_slope(v);
  return {weight * f.value, weight * f.slope};
}

/// The one of the two that Rate says, of the pre-activation v[i]; leaves its adjoint in g[i] and
/// returns the loss.
template <bool Rate, class P>
NNP_FORMULA P point_term(DualColumn<P> v, int i, P weight, P eps, DualColumn<P> g) {
  if constexpr (Rate) {
    const auto term = rate_term(Dual<P>{v.value[i], v.rate[i]}, weight, eps);
    g.value[i] = term.adjoint.value;
    g.rate[i] = term.adjoint.rate;
    return term.loss;
  } else {
    const auto term = value_term(v.value[i], weight);
    g.value[i] = term.adjoint;
    return term.loss;
  }
}

template <class P>
struct IntervalTerm {
  P loss, adjoint_at_start, adjoint_at_end;
};

/// -weight log((f_end - f_start) / kappa + floor).
template <class P>
NNP_FORMULA IntervalTerm<P> interval_term(P v_start, P v_end, P weight, P inverse_scale, P floor) {
  using std::log;
  const P start = logistic(v_start), end = logistic(v_end);
  const P expected = softplus_increment(v_start, v_end, start) * inverse_scale + floor;
  const P g = weight * inverse_scale / expected;
  return {-(weight * log(expected)), g * start, -(g * end)};
}

}  // namespace nnpoisson::formulas
