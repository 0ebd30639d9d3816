#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "evaluate/statistics.hpp"
#include "known_data.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

TEST(Ks, DistanceIsTheLargestGapOfTheDistribution) {
  EXPECT_NEAR(ks_distance_from_uniform({0.5}), 0.5, 1e-15);
  EXPECT_NEAR(ks_distance_from_uniform({0.9, 0.1, 0.2}), 2.0 / 3 - 0.2, 1e-15);
  EXPECT_NEAR(ks_distance_from_uniform({0.7, 0.8}), 0.7, 1e-15);
  EXPECT_TRUE(std::isnan(ks_distance_from_uniform({})));
  EXPECT_TRUE(std::isnan(ks_band(0)));
}

TEST(Ks, TiesInTheAreaCountHalf) {
  EXPECT_NEAR(area_under_curve(std::vector{0.9, 0.5}, std::vector{0.5, 0.1}), 3.5 / 4, 1e-15);
  EXPECT_TRUE(std::isnan(area_under_curve(std::vector{0.9}, {})));
}

TEST(Ks, MedianOfEvenAndOdd) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(median({})));
}

/// Accepts a rate of rejections of 5 % within 3.3 standard errors.
void expect_five_percent(int rejected, int tests) {
  EXPECT_NEAR(static_cast<double>(rejected) / tests, 0.05, 3.3 * std::sqrt(0.05 * 0.95 / tests)) << rejected << " of " << tests;
}

TEST(StatisticsOfKs, BandHoldsForFewAndMany) {
  for (const std::size_t count : {10U, 100U, 1000U}) {
    int rejected = 0;
    constexpr int tests = 2000;
    for (int k = 0; k < tests; ++k) {
      RandomStream random(7, Purpose::bootstrap, static_cast<std::uint64_t>(k), static_cast<std::uint32_t>(count));
      std::vector<double> values(count);
      for (double& v : values) v = random.uniform();
      rejected += ks_distance_from_uniform(std::move(values)) > ks_band(count);
    }
    expect_five_percent(rejected, tests);
  }
}

/// Sets of 64 trials of about half a second, one unit a region and session: about 5 spikes a trial and unit, the shortest trials far less.
TEST(StatisticsOfKs, RejectsTheTrueModelFiveTimesInAHundred) {
  auto [model, like] = demonstration(64);
  Dataset::Units few;
  for (std::size_t u = 0; u < like.units(); ++u)
    if (u == 0 || like.unit.region[u] != like.unit.region[u - 1]) {
      few.session.push_back(like.unit.session[u]);
      few.region.push_back(like.unit.region[u]);
      few.id.push_back(like.unit.id[u]);
    }
  like.unit = few;
  int rejected = 0, tests = 0;
  double spikes = 0, trains = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Dataset drawn = sample(model, like, {.seed = seed});
    for (const auto& region : evaluate(model, drawn).regions) {
      ++tests;
      rejected += region.ks > region.ks_band;
      spikes += static_cast<double>(region.spikes);
    }
    trains += 16 * static_cast<double>(few.id.size());
  }
  EXPECT_NEAR(spikes / trains, 6, 1);
  expect_five_percent(rejected, tests);
}

}  // namespace
}  // namespace nnpoisson
