#pragma once

#include "kernels/simt.hpp"
#include "nnpoisson/formulas/elementary.hpp"

/// The number types of points on the device.
namespace nnpoisson::kernels {

/// A float whose exponential, logarithm and quotient are the special function unit's: relative
/// errors of some 1e-7 for quotients and for exponentials of moderate numbers; logarithms near 1
/// are good to 2e-7 absolutely.
struct Single {
  float v;
  Single() = default;
  NNP_DEVICE Single(float x) : v(x) {}
  NNP_DEVICE explicit Single(int x) : v(static_cast<float>(x)) {}
  NNP_DEVICE explicit Single(double x) : v(static_cast<float>(x)) {}

  friend NNP_DEVICE Single operator+(Single a, Single b) { return a.v + b.v; }
  friend NNP_DEVICE Single operator-(Single a, Single b) { return a.v - b.v; }
  friend NNP_DEVICE Single operator*(Single a, Single b) { return a.v * b.v; }
  friend NNP_DEVICE Single operator/(Single a, Single b) { return __fdividef(a.v, b.v); }
  friend NNP_DEVICE Single operator-(Single a) { return -a.v; }

  friend NNP_DEVICE Single abs(Single a) { return fabsf(a.v); }
  friend NNP_DEVICE Single exp(Single a) { return __expf(a.v); }
  friend NNP_DEVICE Single log(Single a) { return __logf(a.v); }
  friend NNP_DEVICE Single expm1(Single a) { return expm1f(a.v); }
  friend NNP_DEVICE Single log1p(Single a) { return log1pf(a.v); }
  friend NNP_DEVICE Single log1p_of_fraction(Single a) { return log1pf(a.v); }
  /// 1 - 2 / (1 + e^2x): good to some 1e-7 of 1, as its slope needs it; both ends are reached
  /// exactly, NaN stays.
  friend NNP_DEVICE Single tanh(Single a) {
    return 1.0F - __fdividef(2.0F, 1.0F + __expf(2.0F * (a.v > 40.0F ? 40.0F : a.v)));
  }
  friend NNP_DEVICE Single max(Single a, Single b) { return a.v > b.v ? a.v : b.v; }
  friend NNP_DEVICE Single where_negative(Single x, Single a, Single b) {
    return x.v < 0 ? a.v : b.v;
  }
};

/// The number type of a point whose parameters are T.
template <class T>
struct PointOf {
  using Type = T;
};
template <>
struct PointOf<float> {
  using Type = Single;
};

NNP_DEVICE double plain(double x) {
  return x;
}
NNP_DEVICE float plain(float x) {
  return x;
}
NNP_DEVICE float plain(Single x) {
  return x.v;
}

}  // namespace nnpoisson::kernels
