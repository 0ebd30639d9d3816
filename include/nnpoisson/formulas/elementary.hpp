#pragma once

#include <cmath>

#if defined(__CUDACC__)
#define NNP_FORMULA __host__ __device__ __forceinline__
#else
#define NNP_FORMULA inline __attribute__((always_inline))
#endif

/// The mathematics of the model, once. Every function is templated on the number type P of a point (double, float, a SIMD pack of
/// points, a device float) and, where parameters enter, on their scalar type S; P must have + - * / with P and S, and exp, log, tanh,
/// max found by argument-dependent lookup or in std.
namespace nnpoisson::formulas {

template <class P>
NNP_FORMULA P logistic(P x) {
  using std::exp;
  return P(1) / (P(1) + exp(-x));
}

NNP_FORMULA double where_negative(double x, double a, double b) { return x < 0 ? a : b; }
NNP_FORMULA float where_negative(float x, float a, float b) { return x < 0 ? a : b; }
NNP_FORMULA double max(double a, double b) { return a > b ? a : b; }
NNP_FORMULA float max(float a, float b) { return a > b ? a : b; }

template <class P>
struct SoftplusValue {
  P value, slope;
};

/// log(1 + exp(x)) without overflow, and its derivative, the logistic function, from the same exponential.
template <class P>
NNP_FORMULA SoftplusValue<P> softplus_with_slope(P x) {
  using std::abs;
  using std::exp;
  using std::log1p;
  const P e = exp(-abs(x));
  return {max(x, P(0)) + log1p(e), where_negative(x, e, P(1)) / (P(1) + e)};
}

template <class P>
NNP_FORMULA P softplus(P x) {
  return softplus_with_slope(x).value;
}

/// Element i of a column of numbers that lie `stride` apart: one point's layer inside an array of layers x points.
template <class P>
struct Column {
  P* first;
  int stride;
  NNP_FORMULA P& operator[](int i) const { return first[static_cast<long>(i) * stride]; }
};

}  // namespace nnpoisson::formulas
