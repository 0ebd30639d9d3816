#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

/// The curve at a time, back through the inverse, gives the time.
void expect_round_trip(const InverseCurve::Curve& curve, double limit, double tolerance) {
  const InverseCurve time_of(curve, limit);
  for (int k = 1; k < 1000; ++k) {
    const double time = limit * k / 1000;
    EXPECT_NEAR(time_of(curve(time).cumulative), time, tolerance * time) << k;
  }
}

TEST(InverseCurve, OfTheKnownModel) {
  const Demonstration known = demonstration(1);
  for (const auto& stimulus : {std::vector<double>{0, 0}, {1, 0.25}}) {
    Curves curves(known.model, stimulus);
    for (std::size_t g = 0; g < 6; ++g)
      expect_round_trip([&](double t) { return curves.column(g, t, 1.25); }, 0.8, 1e-12);
  }
}

// Left of the step the curve is flat but for the floor, so rounding of the cumulative (4e-15) alone
// moves the time by 4e-10.
TEST(InverseCurve, OfANearlyVerticalStep) {
  const InverseCurve::Curve step = [](double t) {
    const double x = 1e5 * (t - 0.37), y = std::tanh(x);
    return Growth{20 * (1 + y) + 1e-5 * t, 2e6 * (1 - y * y) + 1e-5};
  };
  const InverseCurve time_of(step, 1);
  for (int k = 1; k < 400; ++k) {
    const double cumulative = 0.1 * k;
    EXPECT_NEAR(step(time_of(cumulative)).cumulative, cumulative, 0.37 * 2e6 * 1e-12) << k;
    EXPECT_NEAR(time_of(cumulative), 0.37, 1e-3);
  }
  EXPECT_NEAR(time_of(1e-6), 0.1, 1e-8);
}

TEST(InverseCurve, OfARootWhoseSlopeIsInfiniteAtOnset) {
  expect_round_trip([](double t) { return Growth{std::sqrt(t), 0.5 / std::sqrt(t)}; }, 2, 1e-12);
}

TEST(InverseCurve, OfAPowerWhoseSlopeVanishesAtOnset) {
  expect_round_trip([](double t) { return Growth{t * t * t, 3 * t * t}; }, 0.5, 1e-12);
}

TEST(InverseCurve, EndsOutsideTheCurve) {
  const InverseCurve time_of([](double t) { return Growth{3 * t, 3}; }, 0.5);
  EXPECT_DOUBLE_EQ(time_of.total(), 1.5);
  EXPECT_EQ(time_of(0), 0);
  EXPECT_EQ(time_of(-1), 0);
  EXPECT_EQ(time_of(1.5), 0.5);
  EXPECT_EQ(time_of(2), 0.5);
  EXPECT_NEAR(time_of(0.6), 0.2, 1e-15);
  EXPECT_GT(time_of(1e-300), 0);
}

}  // namespace
}  // namespace nnpoisson
