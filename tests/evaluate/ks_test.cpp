#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluate/statistics.hpp"
#include "known_data.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

TEST(Ks, DistanceIsTheLargestGapOfTheDistribution) {
  EXPECT_NEAR(ks_distance_from_uniform(std::vector{0.5}), 0.5, 1e-15);
  EXPECT_NEAR(ks_distance_from_uniform(std::vector{0.1, 0.2, 0.9}), 2.0 / 3 - 0.2, 1e-15);
  EXPECT_NEAR(ks_distance_from_uniform(std::vector{0.7, 0.8}), 0.7, 1e-15);
  EXPECT_TRUE(std::isnan(ks_distance_from_uniform({})));
  EXPECT_TRUE(std::isnan(ks_band(0)));
}

TEST(Ks, MedianOfEvenAndOdd) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(median({})));
}

/// Accepts a rate of rejections of 5 % within 3.3 standard errors.
void expect_five_percent(int rejected, int tests) {
  EXPECT_NEAR(static_cast<double>(rejected) / tests, 0.05, 3.3 * std::sqrt(0.05 * 0.95 / tests))
      << rejected << " of " << tests;
}

TEST(StatisticsOfKs, BandHoldsForFewAndMany) {
  for (const std::size_t count : {10U, 100U, 1000U}) {
    int rejected = 0;
    constexpr int tests = 2000;
    for (int k = 0; k < tests; ++k) {
      RandomStream random(7, Purpose::bootstrap, static_cast<std::uint64_t>(k),
                          static_cast<std::uint32_t>(count));
      std::vector<double> values(count);
      for (double& v : values) v = random.uniform();
      std::sort(values.begin(), values.end());
      rejected += ks_distance_from_uniform(values) > ks_band(count);
    }
    expect_five_percent(rejected, tests);
  }
}

TEST(Ks, QuantilePlotKeepsItsRanks) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back((i + 0.5) / 1000);
  const auto plot = quantile_plot(values, 200);
  ASSERT_EQ(plot.uniform.size(), 200U);
  for (std::size_t k = 0; k < 200; ++k) {
    EXPECT_NEAR(plot.uniform[k], (static_cast<double>(k) + 0.5) / 200, 1.0 / 1000);
    EXPECT_NEAR(plot.rescaled[k], plot.uniform[k], 1e-15);
  }
  EXPECT_EQ(quantile_plot(std::vector{0.25, 0.5}, 200).uniform, (std::vector{0.25, 0.75}));
}

/// One unit a region and session; 400 sets of 64 trials, each of six regions.
void expect_true_model_rejected_as_often_as_it_should(const Model& model, Dataset like,
                                                      double spikes_a_trial) {
  Dataset::Units few;
  for (std::size_t u = 0; u < like.units(); ++u)
    if (u == 0 || like.unit.region[u] != like.unit.region[u - 1]) {
      few.session.push_back(like.unit.session[u]);
      few.region.push_back(like.unit.region[u]);
      few.id.push_back(like.unit.id[u]);
    }
  like.unit = few;

  constexpr int sets = 400;
  int rejected = 0, tests = 0, rejected_units = 0, units = 0;
  double spikes = 0;
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    const Evaluation evaluation = evaluate(model, sample(model, like, {.seed = seed}),
                                           {.baselines = false, .bins = 1, .resamples = 0});
    for (const auto& region : evaluation.regions) {
      ++tests;
      rejected += region.ks > region.ks_band;
      spikes += static_cast<double>(region.spikes);
    }
    for (const auto& unit : evaluation.units) {
      ++units;
      rejected_units += unit.ks > unit.ks_band;
    }
  }

  EXPECT_NEAR(spikes / (sets * 16.0 * static_cast<double>(few.id.size())), spikes_a_trial,
              0.2 * spikes_a_trial);
  expect_five_percent(rejected, tests);
  expect_five_percent(rejected_units, units);
}

/// Trials of about half a second: about 6 spikes a trial and unit, the shortest trials far less.
TEST(StatisticsOfKs, RejectsTheTrueModelFiveTimesInAHundred) {
  const auto [model, like] = demonstration(64);
  expect_true_model_rejected_as_often_as_it_should(model, like, 6);
}

/// Nobody answers, and all trials last for the whole window.
TEST(StatisticsOfKs, RejectsTheTrueModelFiveTimesInAHundredWithoutShortTrials) {
  auto [model, like] = demonstration(64);
  const ParameterLayout layout(model.shape);
  for (const auto t : {Tensor::F2_left, Tensor::F2_right})
    std::fill_n(model.parameters.begin() + static_cast<std::ptrdiff_t>(layout[t].offset),
                layout[t].size(), 0.0);
  expect_true_model_rejected_as_often_as_it_should(model, like, 12);
}

}  // namespace
}  // namespace nnpoisson
