#include "engine/simd/pack.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "nnpoisson/formulas/elementary.hpp"

namespace nnpoisson::simd {
namespace {

struct Here {};
template <class T>
using Narrow = Pack<T, 16 / static_cast<int>(sizeof(T)), Here>;

template <class T, class F>
T lane(F&& f, T x) {
  return f(Narrow<T>(x)).v[0];
}

/// Largest errors of a pack function against the same in long double.
struct Errors {
  long double relative = 0, absolute = 0;  ///< in units of the type's epsilon
};

template <class T, class F>
Errors errors(F&& pack, const std::function<long double(long double)>& exact, double from,
              double to, int steps, bool logarithmic) {
  Errors worst;
  for (int k = 0; k <= steps; ++k) {
    const double at = static_cast<double>(k) / steps;
    const T x =
        static_cast<T>(logarithmic ? std::exp2(std::log2(from) * (1 - at) + std::log2(to) * at)
                                   : from + (to - from) * at);
    const long double expected = exact(static_cast<long double>(x)),
                      error = std::abs(static_cast<long double>(lane<T>(pack, x)) - expected);
    const long double epsilon = std::numeric_limits<T>::epsilon();
    if (!(error >= 0)) return {error, error};
    worst.absolute = std::max(worst.absolute, error / epsilon);
    if (expected != 0)
      worst.relative = std::max(worst.relative, error / std::abs(expected) / epsilon);
  }
  return worst;
}

template <class T>
class Packs : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Packs, Types);

constexpr int steps = 40000;

TYPED_TEST(Packs, ExpIsGoodToAFewUnitsOfTheLastPlace) {
  using T = TypeParam;
  const double low = Bits<T>::exp_least, high = Bits<T>::exp_most;
  const auto pack = [](Narrow<T> x) { return exp(x); };
  const auto exact = [](long double x) { return std::exp(x); };
  EXPECT_LE(errors<T>(pack, exact, -1, 1, steps, false).relative, 2);
  EXPECT_LE(errors<T>(pack, exact, low, high, steps, false).relative, 2);
}

TYPED_TEST(Packs, ExpSaturates) {
  using T = TypeParam;
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto e = [](T x) { return lane<T>([](Narrow<T> p) { return exp(p); }, x); };
  for (const T x : {T(100), T(1e4), T(1e30), infinity})
    EXPECT_TRUE(std::isfinite(e(x)) && e(x) >= std::exp(std::min(x, T(87)))) << x << " " << e(x);
  for (const T x : {T(-90), T(-1e4), T(-1e30), -infinity})
    EXPECT_TRUE(e(x) >= 0 && e(x) <= std::exp(T(-86))) << x << " " << e(x);
  EXPECT_TRUE(std::isnan(e(nan)));
  EXPECT_EQ(e(T(0)), T(1));
  EXPECT_EQ(e(T(-0.0)), T(1));
}

TYPED_TEST(Packs, LogIsGoodToAFewUnitsOfTheLastPlace) {
  using T = TypeParam;
  const auto pack = [](Narrow<T> x) { return log(x); };
  const auto exact = [](long double x) { return std::log(x); };
  EXPECT_LE(errors<T>(pack, exact, std::numeric_limits<T>::min(), std::numeric_limits<T>::max() / 2,
                      steps, true)
                .relative,
            2);
  EXPECT_LE(errors<T>(pack, exact, 0.5, 2, steps, false).relative, 3);
  EXPECT_LE(errors<T>(pack, exact, 1e-5, 1e5, steps, true).relative, 3);
  EXPECT_EQ(lane<T>(pack, T(1)), T(0));
  EXPECT_FALSE(std::isfinite(lane<T>(pack, std::numeric_limits<T>::quiet_NaN())));
  EXPECT_FALSE(std::isfinite(lane<T>(pack, std::numeric_limits<T>::infinity())));
}

TYPED_TEST(Packs, Log1pIsGoodToUnitsOfOne) {
  using T = TypeParam;
  const auto worst = errors<T>([](Narrow<T> x) { return log1p(x); },
                               [](long double x) { return std::log1p(x); }, 0, 1, steps, false);
  EXPECT_LE(worst.absolute, 1);
}

TYPED_TEST(Packs, TanhIsGoodToUnitsOfOneAndStaysBetweenItsLimits) {
  using T = TypeParam;
  const auto pack = [](Narrow<T> x) { return tanh(x); };
  for (const double range : {0.01, 1.0, 8.0, 30.0})
    EXPECT_LE(errors<T>(
                  pack, [](long double x) { return std::tanh(x); }, -range, range, steps, false)
                  .absolute,
              4)
        << range;
  const T infinity = std::numeric_limits<T>::infinity();
  for (const T x : {T(9), T(20), T(88), T(400), T(1e30), infinity}) {
    EXPECT_TRUE(lane<T>(pack, x) <= 1 && lane<T>(pack, x) >= 1 - T(1e-6)) << x;
    EXPECT_TRUE(lane<T>(pack, -x) >= -1 && lane<T>(pack, -x) <= T(1e-6) - 1) << x;
  }
  EXPECT_EQ(lane<T>(pack, T(0)), T(0));
  EXPECT_TRUE(std::isnan(lane<T>(pack, std::numeric_limits<T>::quiet_NaN())));
  T before = lane<T>(pack, T(-10));  // a cumulative hazard must not fall by more than rounding
  for (int k = 1; k <= steps; ++k) {
    const T now = lane<T>(pack, static_cast<T>(-10 + 20.0 * k / steps));
    EXPECT_GE(now, before - 4 * std::numeric_limits<T>::epsilon());
    before = now;
  }
}

TYPED_TEST(Packs, LogisticAndSoftplus) {
  using T = TypeParam;
  const auto logistic = [](Narrow<T> x) { return formulas::logistic(x); };
  const auto softplus = [](Narrow<T> x) { return formulas::softplus(x); };
  const double far = sizeof(T) == 4 ? 80 : 700;
  EXPECT_LE(
      errors<T>(
          logistic, [](long double x) { return 1 / (1 + std::exp(-x)); }, -far, 30, steps, false)
          .relative,
      4);
  const auto exact = [](long double x) {
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
  };
  EXPECT_LE(errors<T>(softplus, exact, -30, 1, steps, false).absolute, 2);
  EXPECT_LE(errors<T>(softplus, exact, -far, 0, steps, false).relative, 4);
  EXPECT_LE(errors<T>(softplus, exact, 1, 1e4, steps, true).relative, 2);
  for (const T x : {T(-1e30), T(-1000), T(1000), T(1e30)}) {
    // exp ends at the least normal numbers instead of 0, and softplus keeps what it gets.
    EXPECT_NEAR(lane<T>(softplus, x), std::max(x, T(0)), 2 * std::numeric_limits<T>::min()) << x;
    EXPECT_TRUE(lane<T>(logistic, x) >= 0 && lane<T>(logistic, x) <= 1) << x;
  }
  const T nan = std::numeric_limits<T>::quiet_NaN();
  EXPECT_TRUE(std::isnan(lane<T>(logistic, nan)));
  EXPECT_TRUE(std::isnan(lane<T>(softplus, nan)));
}

TYPED_TEST(Packs, EveryLaneIsItsOwn) {
  using T = TypeParam;
  using P = Narrow<T>;
  alignas(64) T x[P::lanes], y[P::lanes];
  for (int i = 0; i < P::lanes; ++i) x[i] = static_cast<T>(0.25 * (i + 1) * (i % 2 ? -1 : 1));
  T sum = 0;
  (sqrt(abs(P::load(x))) + max(P::load(x), P(T(0))) * P(T(2))).store(y);
  for (int i = 0; i < P::lanes; ++i) {
    EXPECT_EQ(y[i], std::sqrt(std::abs(x[i])) + 2 * std::max(x[i], T(0)));
    sum += x[i];
  }
  EXPECT_EQ(P::load(x).sum(), sum);
}

/// Adam's clamp relies on it: of two operands the second lets NaN through.
TYPED_TEST(Packs, MaxKeepsANanOfItsSecondOperand) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  EXPECT_TRUE(std::isnan(max(Narrow<T>(T(0)), Narrow<T>(nan)).v[0]));
}

}  // namespace
}  // namespace nnpoisson::simd
