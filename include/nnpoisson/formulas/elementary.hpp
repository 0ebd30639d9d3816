#pragma once

#include <cmath>

/// Marks what is computed on the host and on a device alike.
#if defined(__CUDACC__)
#define NNP_FORMULA __host__ __device__ __forceinline__
#else
#define NNP_FORMULA inline __attribute__((always_inline))
#endif

/// The mathematics of the model, once. Every function is templated on the number type P of a point
/// (double, float, a SIMD pack of points, a device float) and, where parameters enter, on their
/// scalar type S; P must have + - * / with P and S, and exp, log, tanh, max found by
/// argument-dependent lookup or in std.
namespace nnpoisson::formulas {

template <class P>
NNP_FORMULA P logistic(P x) {
  using std::exp;
  return P(1) / (P(1) + exp(-x));
}

NNP_FORMULA double where_negative(double x, double a, double b) {
  return x < 0 ? a : b;
}
NNP_FORMULA float where_negative(float x, float a, float b) {
  return x < 0 ? a : b;
}
NNP_FORMULA double max(double a, double b) {
  return a > b ? a : b;
}
NNP_FORMULA float max(float a, float b) {
  return a > b ? a : b;
}

NNP_FORMULA double log1p_of_fraction(double x) {
  return std::log1p(x);
}  // for x in [0, 1]
NNP_FORMULA float log1p_of_fraction(float x) {
  return std::log1p(x);
}

/// A function's value and its derivative there.
template <class P>
struct ValueAndSlope {
  P value, slope;
};

/// tanh and 1 - tanh^2, the latter to full relative accuracy however far the unit is saturated.
template <class P>
NNP_FORMULA ValueAndSlope<P> tanh_with_slope(P x) {
  using std::abs;
  using std::exp;
  const P e = exp(P(-2) * abs(x)), r = P(1) / (P(1) + e), y = (P(1) - e) * r;
  return {where_negative(x, -y, y), P(4) * e * r * r};
}

/// log(1 + exp(x)) without overflow, and its derivative, the logistic function, from the same
/// exponential.
template <class P>
NNP_FORMULA ValueAndSlope<P> softplus_with_slope(P x) {
  using std::abs;
  using std::exp;
  const P e = exp(-abs(x));
  return {max(x, P(0)) + log1p_of_fraction(e), where_negative(x, e, P(1)) / (P(1) + e)};
}

template <class P>
NNP_FORMULA P softplus(P x) {
  return softplus_with_slope(x).value;
}

/// softplus(b) - softplus(a) for b >= a, also where the difference is far smaller than either:
/// log1p(logistic(a) expm1(b - a)). Never below 0, whatever the rounding of b - a; NaN passes.
template <class P>
NNP_FORMULA P softplus_increment(P a, P b, P slope_at_a) {
  using std::expm1;
  using std::log1p;
  return max(P(0), log1p(slope_at_a * expm1(b - a)));
}

/// Element i of a column of numbers that lie `stride` apart: one point's layer inside an array of
/// layers x points.
template <class P>
struct Column {
  P* first;
  int stride;
  NNP_FORMULA P& operator[](int i) const { return first[static_cast<long>(i) * stride]; }
};

/// A number and its time derivative.
template <class P>
struct Dual {
  P value, rate;
};

/// A column of numbers and one of their time derivatives. Formulas that carry values alone (Rate =
/// false) neither read nor write the rates.
template <class P>
struct DualColumn {
  Column<P> value, rate;
};

/// Values without rates.
template <class P>
NNP_FORMULA DualColumn<P> values_only(Column<P> value) {
  return {value, {nullptr, 0}};
}

}  // namespace nnpoisson::formulas
