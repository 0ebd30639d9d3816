#pragma once

#if defined(__x86_64__) && !defined(__CUDACC__)
#define NNP_X86 1
#include <immintrin.h>
#endif

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "nnpoisson/formulas/elementary.hpp"

/// A SIMD pack of N numbers, on the vector extensions of GCC and Clang, with the functions that the
/// formulas ask of a number type. `Isa` is a tag of the instruction set a file is built for: the
/// same pack in files with different -m flags must be different types. A pack of one is a plain
/// number, which a GPU's thread may be, too.
namespace nnpoisson::simd {

template <class T>
struct Bits;
template <>
struct Bits<float> {
  using Int = std::int32_t;
  static constexpr int mantissa = 23;
  static constexpr Int bias = 127;
  static constexpr float round_magic = 0x1.8p23F, exp_least = -87.0F, exp_most = 88.0F,
                         ln2_high = 0x1.62e4p-1F, ln2_low = 0x1.7f7d1cp-20F;
  // exp on |r| <= ln(2)/2: Chebyshev interpolation, relative error 2.6e-9.
  static constexpr int exp_degree = 6;
  static NNP_FORMULA constexpr float exp_term(int k) {
    constexpr float series[] = {1.0F,
                                1.00000003771621F,
                                0.50000000471171F,
                                0.16666415514651F,
                                0.04166635289699F,
                                0.00837512639837F,
                                0.00139411084200F};
    return series[k];
  }
  static constexpr int log_terms = 5;  // 0.0295^5 / 11 = 2e-9
};
template <>
struct Bits<double> {
  using Int = std::int64_t;
  static constexpr int mantissa = 52;
  static constexpr Int bias = 1023;
  static constexpr double round_magic = 0x1.8p52, exp_least = -708.0, exp_most = 709.0,
                          ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
  // Taylor: 0.3466^14 / 14! = 4e-18.
  static constexpr int exp_degree = 13;
  static NNP_FORMULA constexpr double exp_term(int k) {
    constexpr double series[] = {1.0,
                                 1.0,
                                 1.0 / 2,
                                 1.0 / 6,
                                 1.0 / 24,
                                 1.0 / 120,
                                 1.0 / 720,
                                 1.0 / 5040,
                                 1.0 / 40320,
                                 1.0 / 362880,
                                 1.0 / 3628800,
                                 1.0 / 39916800,
                                 1.0 / 479001600,
                                 1.0 / 6227020800};
    return series[k];
  }
  static constexpr int log_terms = 11;  // 0.0295^11 / 23 = 6e-19
};

/// N numbers as one value, and the same laid over an array of T. In a template of their own: GCC
/// takes the attributes of a dependent type only so.
template <class T, int N>
struct Vector {
  typedef T type __attribute__((vector_size(N * sizeof(T))));  // NOLINT(modernize-use-using)
  typedef T in_memory
      __attribute__((vector_size(N * sizeof(T)), may_alias));  // NOLINT(modernize-use-using)
};

template <class T>
struct Vector<T, 1> {
  using type = T;
  using in_memory = T;
};

/// The same bits as another type.
template <class To, class From>
NNP_FORMULA To as(From x) {
  if constexpr (std::is_arithmetic_v<From>)
    return __builtin_bit_cast(To, x);
  else
    return (To)x;
}
/// Whole numbers as floating-point ones.
template <class To, class From>
NNP_FORMULA To converted(From x) {
#if !defined(__CUDACC__)
  if constexpr (!std::is_arithmetic_v<From>) return __builtin_convertvector(x, To);
#endif
  if constexpr (std::is_arithmetic_v<From>) return static_cast<To>(x);
}

template <class T, int N, class Isa>
struct Pack {
  using Scalar = T;
  using Int = typename Bits<T>::Int;
  using V = typename Vector<T, N>::type;
  using I = typename Vector<Int, N>::type;
  using Memory = typename Vector<T, N>::in_memory;
  static constexpr int lanes = N;
  V v;

  Pack() = default;
  NNP_FORMULA Pack(T s)
      : v(s - V{}) {}  // NOLINT(google-explicit-constructor): scalars of a formula broadcast
  NNP_FORMULA explicit Pack(V vector) requires(N > 1) : v(vector) {}
  static NNP_FORMULA Pack load(const T* from) {
    return Pack(V(*reinterpret_cast<const Memory*>(from)));
  }
  NNP_FORMULA void store(T* to) const { *reinterpret_cast<Memory*>(to) = v; }

  friend NNP_FORMULA Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v); }
  friend NNP_FORMULA Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v); }
  friend NNP_FORMULA Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v); }
  friend NNP_FORMULA Pack operator/(Pack a, Pack b) { return Pack(a.v / b.v); }
  friend NNP_FORMULA Pack operator-(Pack a) { return Pack(-a.v); }

  friend NNP_FORMULA Pack max(Pack a, Pack b) { return Pack(V(a.v > b.v ? a.v : b.v)); }
  friend NNP_FORMULA Pack abs(Pack a) { return Pack(V(a.v > -a.v ? a.v : -a.v)); }
  /// a where x < 0, else b.
  friend NNP_FORMULA Pack where_negative(Pack x, Pack a, Pack b) {
    return Pack(V(x.v < V{} ? a.v : b.v));
  }

  /// e^x, relative error about 1 ulp; saturates instead of overflowing.
  friend NNP_FORMULA Pack exp(Pack a) {
    const Power e = power(a.v);
    return Pack(V((e.fraction * e.rest + T(1)) * e.scale));
  }
  /// e^x - 1, relative error of a few ulp also near 0.
  friend NNP_FORMULA Pack expm1(Pack a) {
    const Power e = power(a.v);
    return Pack(V(e.fraction * e.rest * e.scale + (e.scale - T(1))));
  }

  /// log x for x > 0, normal and finite.
  friend NNP_FORMULA Pack log(Pack a) {
    using B = Bits<T>;
    constexpr Int half_sqrt2 = sizeof(T) == 4 ? Int(0x3f3504f3) : Int(0x3fe6a09e667f3bcdLL);
    const I offset = as<I>(a.v) - half_sqrt2;  // so that the mantissa lands in [sqrt(1/2), sqrt(2))
    const I exponent = offset >> B::mantissa;
    const V m = as<V>(as<I>(a.v) - (exponent << B::mantissa));
    const V e = converted<V>(exponent);
    const V s = (m - T(1)) / (m + T(1)), z = s * s;  // log m = 2 atanh s
    V p = T(1) / T(2 * B::log_terms - 1) - V{};
    for (int k = B::log_terms - 2; k >= 0; --k) p = p * z + T(1) / T(2 * k + 1);
    return Pack(V(e * B::ln2_high + (T(2) * s * p + e * B::ln2_low) +
                  (a.v - a.v)));  // NaN and infinity come out as NaN
  }
  /// log(1 + x) for x > -1, relative error of a few ulp also near 0: the logarithm of the rounded
  /// sum, and what the rounding lost.
  friend NNP_FORMULA Pack log1p(Pack a) {
    const Pack u = a + Pack(T(1));
    return log(u) + (a - (u - Pack(T(1)))) / u;
  }
  /// The same for x in [0, 1] as 2 atanh(x / (2 + x)), without taking the exponent apart.
  friend NNP_FORMULA Pack log1p_of_fraction(Pack a) {
    constexpr int terms = sizeof(T) == 4 ? 8 : 17;  // (1/9)^8 / 17 = 1e-9, (1/9)^17 / 35 = 2e-18
    const V s = a.v / (a.v + T(2)), z = s * s;
    V p = T(1) / T(2 * terms - 1) - V{};
    for (int k = terms - 2; k >= 0; --k) p = p * z + T(1) / T(2 * k + 1);
    return Pack(V(T(2) * s * p));
  }
  friend NNP_FORMULA Pack tanh(Pack a) {
    if constexpr (std::is_same_v<T, float>) {
      // x P(x^2) / Q(x^2), minimax on |x| < 8 (4.8e-9), relative error 4e-7 with its rounding. Cut
      // at 7.6, where 1 - tanh is 5e-7, so that the result stays below 1 and slopes 1 - tanh^2
      // above 0.
      const V x = clamp(a.v, -7.6F - V{}, 7.6F - V{}), z = x * x;
      const V p =
          ((((2.2447071525848603e-11F * z - 1.4352432917533263e-08F) * z + 9.778558372063044e-06F) *
                z +
            0.0029761789504839753F) *
               z +
           0.129706909812531F) *
              z +
          0.9999999952296744F;
      const V q =
          ((0.00023578851695824126F * z + 0.02398971839311436F) * z + 0.4630401766590514F) * z +
          1.0F;
      return Pack(V(x * p / q));
    } else {
      return Pack(T(1)) -
             Pack(T(2)) /
                 (exp(a + a) +
                  Pack(T(1)));  // to 1 ulp of 1, which is what slopes 1 - tanh^2 are good for
    }
  }
  friend NNP_FORMULA Pack sqrt(Pack a) {
    if constexpr (N == 1) {
      return Pack(std::sqrt(a.v));
    } else {
      V r;
      for (int i = 0; i < N; ++i)
        r[i] =
            sizeof(T) == 4 ? T(__builtin_sqrtf(float(a.v[i]))) : T(__builtin_sqrt(double(a.v[i])));
      return Pack(r);
    }
  }
  NNP_FORMULA T sum() const {
    T s = v[0];
    for (int i = 1; i < N; ++i) s += v[i];
    return s;
  }

 private:
  /// e^x = scale (1 + rest fraction): scale a power of two, |rest| <= ln(2) / 2, fraction = (e^rest
  /// - 1) / rest.
  struct Power {
    V scale, rest, fraction;
  };
  static NNP_FORMULA Power power(V exponent) {
    using B = Bits<T>;
    const V x = clamp(exponent, B::exp_least - V{}, B::exp_most - V{});
    const V shifted = x * T(1.44269504088896340736) +
                      B::round_magic;  // the integer nearest x / ln 2, in the low bits
    const V n = shifted - B::round_magic;
    const V r = (x - n * B::ln2_high) - n * B::ln2_low;
    V p = B::exp_term(B::exp_degree) - V{};
    for (int k = B::exp_degree - 1; k >= 1; --k) p = p * r + B::exp_term(k);
    return {as<V>((as<I>(shifted) << B::mantissa) + (B::bias << B::mantissa)), r, p};
  }

  /// min(high, max(low, x)); NaN passes through. By intrinsics: GCC 12 makes a compare and a blend
  /// of each.
  static NNP_FORMULA V clamp(V x, V low, V high) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4)
      return (V)_mm512_min_ps((__m512)high, _mm512_max_ps((__m512)low, (__m512)x));
    if constexpr (sizeof(V) == 64 && sizeof(T) == 8)
      return (V)_mm512_min_pd((__m512d)high, _mm512_max_pd((__m512d)low, (__m512d)x));
#endif
#if defined(__AVX__)
    if constexpr (sizeof(V) == 32 && sizeof(T) == 4)
      return (V)_mm256_min_ps((__m256)high, _mm256_max_ps((__m256)low, (__m256)x));
    if constexpr (sizeof(V) == 32 && sizeof(T) == 8)
      return (V)_mm256_min_pd((__m256d)high, _mm256_max_pd((__m256d)low, (__m256d)x));
#endif
#if defined(NNP_X86)
    if constexpr (sizeof(V) == 16 && sizeof(T) == 4)
      return (V)_mm_min_ps((__m128)high, _mm_max_ps((__m128)low, (__m128)x));
    if constexpr (sizeof(V) == 16 && sizeof(T) == 8)
      return (V)_mm_min_pd((__m128d)high, _mm_max_pd((__m128d)low, (__m128d)x));
#endif
    x = x < low ? low : x;
    return x > high ? high : x;
  }
};

}  // namespace nnpoisson::simd
