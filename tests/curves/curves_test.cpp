#include "nnpoisson/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

/// All widths different, with the bypass, at the initialisers' values.
Model random_model() {
  Model model;
  model.shape = {.features = 3,
                 .stimulus_widths = {4, 5},
                 .time_width = 6,
                 .hidden_width = 7,
                 .behaviour_width = 8,
                 .regions = 3,
                 .stimulus_bypass = true};
  model.time_limit = 0.8;
  model.region_names = {"A", "B", "C"};
  model.stimulus_names = {"x", "y", "z"};
  model.parameters = initial_parameters(model.shape, 5);
  return model;
}

const std::vector<double> some_stimulus{0.3, -1.2, 0.7};

/// Simpson's rule.
template <class F>
double integral(F f, double end) {
  constexpr int halves = 2000;
  double sum = f(0.0) + f(end);
  for (int k = 1; k < halves; ++k) sum += (k % 2 == 1 ? 4 : 2) * f(end * k / halves);
  return sum * end / (3 * halves);
}

TEST(Curves, CumulativeIsTheIntegralOfIntensity) {
  const Model model = random_model();
  Curves curves(model, some_stimulus);
  for (const double scale : {1.0, 1.7})
    for (std::size_t g = 0; g < 3; ++g) {
      const double expected =
          integral([&](double t) { return curves.column(g, t, scale).intensity; }, 0.43);
      EXPECT_NEAR(curves.column(g, 0.43, scale).cumulative, expected, 1e-11 * expected);
    }
  for (const std::size_t a : {0U, 1U}) {
    const double expected =
        integral([&](double t) { return curves.actions(t)[a].intensity; }, 0.77);
    EXPECT_NEAR(curves.actions(0.77)[a].cumulative, expected, 1e-11 * expected);
  }
}

TEST(Curves, BeginAtZeroAndNeverRiseSlowerThanTheFloor) {
  const Model model = random_model();
  Curves curves(model, some_stimulus);
  for (std::size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(curves.column(g, 0, 1.3).cumulative, 0);
    EXPECT_GT(curves.column(g, 0.2, 1.3).intensity, intensity_floor);
  }
  EXPECT_EQ(curves.response(0).cumulative, 0);

  Model silent = model;
  silent.parameters.assign(model.parameters.size(), 0.0);
  Curves floor(silent, some_stimulus);
  EXPECT_DOUBLE_EQ(floor.column(1, 0.5, 1.6).intensity, intensity_floor);
  EXPECT_DOUBLE_EQ(floor.column(1, 0.5, 1.6).cumulative, 0.5 * intensity_floor);
  EXPECT_DOUBLE_EQ(floor.response(0.5).cumulative, intensity_floor);
}

TEST(Curves, AllRegionsAtOnceAgreeWithEach) {
  const Model model = random_model();
  Curves curves(model, some_stimulus);
  std::vector<Growth> all(3);
  curves.columns(0.31, 1.4, all);
  for (std::size_t g = 0; g < 3; ++g) {
    const Growth one = curves.column(g, 0.31, 1.4);
    EXPECT_NEAR(all[g].cumulative, one.cumulative, 1e-14);
    EXPECT_NEAR(all[g].intensity, one.intensity, 1e-14 * one.intensity);
  }
}

TEST(Curves, ScaledTimeStretchesTheSameCurve) {
  const Model model = random_model();
  Curves curves(model, some_stimulus);
  const Growth absolute = curves.column(2, 0.8, 1), scaled = curves.column(2, 0.4, 2);
  EXPECT_NEAR(scaled.intensity, absolute.intensity, 1e-14);
  EXPECT_NEAR(scaled.cumulative, absolute.cumulative / 2, 1e-14);
}

TEST(Curves, TimeScaleFollowsTheModel) {
  Model model = random_model();
  EXPECT_DOUBLE_EQ(time_scale(model, 0.2), 4);
  model.neural_time = NeuralTime::absolute;
  EXPECT_DOUBLE_EQ(time_scale(model, 0.2), 1);
  model.preset = Preset::authors;  // knows no absolute time
  EXPECT_DOUBLE_EQ(time_scale(model, 0.2), 4);
}

TEST(ResponsePrediction, AgreesWithTheIntegralOfHazardTimesSurvival) {
  const Demonstration known = demonstration(1);
  Curves curves(known.model, std::vector<double>{0.25, 0.5});
  const auto predicted = predict_response(curves, 1);
  const auto density = [&](double t, std::size_t a) {
    const auto both = curves.actions(t);
    return both[a].intensity * std::exp(-both[0].cumulative - both[1].cumulative);
  };
  EXPECT_NEAR(predicted.left, integral([&](double t) { return density(t, 0); }, 1), 1e-10);
  EXPECT_NEAR(predicted.right, integral([&](double t) { return density(t, 1); }, 1), 1e-10);
  EXPECT_NEAR(predicted.left + predicted.right, 1 - std::exp(-curves.response(1).cumulative),
              1e-10);
  const double before_median =
      integral([&](double t) { return density(t, 0) + density(t, 1); }, predicted.median_time);
  EXPECT_NEAR(before_median, (predicted.left + predicted.right) / 2, 1e-10);
}

/// Six-point differences of b in each region's z.
TEST(Curves, HeadGradientsAreThoseOfTheHeads) {
  const Model model = demonstration(1).model;
  Curves curves(model, std::vector<double>{0.3, 0.6});
  std::vector<RegionState> states(6);
  curves.regions(0.4, states);
  std::vector<double> gradients(12);
  curves.head_gradients(states, gradients);
  double greatest = 0;
  for (std::size_t g = 0; g < 6; ++g)
    for (const std::size_t a : {0U, 1U}) {
      const double h = 1e-2;
      const auto b = [&](double steps) {
        auto moved = states;
        moved[g].z += steps * h;
        return curves.heads(moved)[a].cumulative;
      };
      const double slope = (45 * (b(1) - b(-1)) - 9 * (b(2) - b(-2)) + (b(3) - b(-3))) / (60 * h);
      EXPECT_NEAR(gradients[a * 6 + g], slope, 1e-10) << "region " << g << ", action " << a;
      greatest = std::max(greatest, gradients[a * 6 + g]);
    }
  EXPECT_GT(greatest, 0.005);
  // The heads in the regions' own states are the actions, but for the floor and the beginning.
  EXPECT_DOUBLE_EQ(curves.heads(states)[1].intensity + intensity_floor,
                   curves.actions(0.4)[1].intensity);
  EXPECT_DOUBLE_EQ(
      curves.heads(states)[0].cumulative - curves.actions_at_onset()[0] + intensity_floor * 0.4,
      curves.actions(0.4)[0].cumulative);
}

TEST(Curves, SomeColumnsAreThoseOfAll) {
  const Model model = demonstration(1).model;
  Curves curves(model, std::vector<double>{0.3, 0.6});
  std::vector<Growth> all(6), some(2);
  curves.columns(0.4, 1.5, all);
  curves.columns(0.4, 1.5, std::vector<std::size_t>{5, 2}, some);
  EXPECT_DOUBLE_EQ(some[0].cumulative, all[5].cumulative);
  EXPECT_DOUBLE_EQ(some[1].intensity, all[2].intensity);
}

}  // namespace
}  // namespace nnpoisson
