#pragma once

#include "nnpoisson/formulas/elementary.hpp"

/// The three ways in which a likelihood reads a cumulative hazard f = softplus(v) (Plan, enum
/// Reading), each with its adjoint in v.
namespace nnpoisson::formulas {

template <class P>
struct RateTerm {
  P loss, gv, gdv;
};

/// -weight log(f' + eps), f' = logistic(v) dv.
template <class P>
NNP_FORMULA RateTerm<P> rate_term(P v, P dv, P weight, P eps) {
  using std::log;
  const P slope = logistic(v);
  const P intensity = slope * dv + eps;
  const P g = weight * slope / intensity;  // minus the adjoint of dv
  return {-(weight * log(intensity)), -(g * dv * (P(1) - slope)), -g};
}

template <class P>
struct ValueTerm {
  P loss, gv;
};

/// weight f.
template <class P>
NNP_FORMULA ValueTerm<P> value_term(P v, P weight) {
  const auto f = softplus_with_slope(v);
  return {weight * f.value, weight * f.slope};
}

template <class P>
struct IntervalTerm {
  P loss, gv_start, gv_end;
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
