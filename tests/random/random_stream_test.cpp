#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

RandomStream stream(std::uint64_t seed) {
  return RandomStream(seed, Purpose::spikes);
}

template <class Draw>
std::vector<double> sample(int n, Draw draw) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::generate(values.begin(), values.end(), draw);
  return values;
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const std::vector<double>& values) {
  Moments m;
  for (const double v : values) m.mean += v;
  m.mean /= static_cast<double>(values.size());
  for (const double v : values) m.variance += (v - m.mean) * (v - m.mean);
  m.variance /= static_cast<double>(values.size());
  return m;
}

constexpr int draws = 200000;
// Five standard errors of a mean of `draws` values.
double five_errors(double deviation) {
  return 5 * deviation / std::sqrt(static_cast<double>(draws));
}

TEST(RandomStream, SameKeySameNumbersWhateverIsDrawnElsewhere) {
  auto a = RandomStream(7, Purpose::response, 3, 2);
  auto other = RandomStream(7, Purpose::response, 4, 2);
  auto b = RandomStream(7, Purpose::response, 3, 2);
  for (int i = 0; i < 100; ++i) {
    const auto expected = a.bits();
    for (int k = 0; k < i % 3; ++k) (void)other.bits();
    ASSERT_EQ(b.bits(), expected) << i;
  }
}

TEST(RandomStream, EveryPartOfTheKeyGivesAnotherStream) {
  std::set<std::uint32_t> first;
  int streams = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32})
    for (const Purpose purpose : {Purpose::initial_weights, Purpose::trial_split, Purpose::batches,
                                  Purpose::response, Purpose::spikes, Purpose::bootstrap})
      for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32})
        for (const std::uint32_t sub : {0U, 1U}) {
          first.insert(RandomStream(seed, purpose, index, sub).bits());
          ++streams;
        }
  EXPECT_EQ(first.size(), static_cast<std::size_t>(streams));
}

TEST(RandomStream, UniformIsOpenAndFlat) {
  auto s = stream(1);
  std::array<int, 20> cells{};
  for (int i = 0; i < draws; ++i) {
    const double u = s.uniform();
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    ++cells[static_cast<std::size_t>(u * 20)];
  }
  double chi_square = 0;
  for (const int n : cells) chi_square += std::pow(n - draws / 20., 2) / (draws / 20.);
  EXPECT_LT(chi_square, 43.8);  // 0.1 % of 19 degrees of freedom
}

TEST(RandomStream, NormalMoments) {
  auto s = stream(2);
  const auto values = sample(draws, [&] { return s.normal(); });
  const auto m = moments(values);
  EXPECT_NEAR(m.mean, 0, five_errors(1));
  EXPECT_NEAR(m.variance, 1, five_errors(std::sqrt(2)));
  const auto beyond =
      std::count_if(values.begin(), values.end(), [](double v) { return std::abs(v) > 1.959964; });
  EXPECT_NEAR(static_cast<double>(beyond) / draws, 0.05, five_errors(std::sqrt(0.05 * 0.95)));
}

TEST(RandomStream, ExponentialMoments) {
  auto s = stream(3);
  const auto values = sample(draws, [&] { return s.exponential(); });
  const auto m = moments(values);
  EXPECT_NEAR(m.mean, 1, five_errors(1));
  EXPECT_NEAR(m.variance, 1, five_errors(std::sqrt(8)));
}

TEST(RandomStream, BelowIsUnbiased) {
  auto s = stream(4);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(s.below(1), 0U);
  std::array<int, 6> cells{};
  for (int i = 0; i < draws; ++i) {
    const auto value = s.below(6);
    ASSERT_LT(value, 6U);
    ++cells[value];
  }
  for (const int n : cells)
    EXPECT_NEAR(n / static_cast<double>(draws), 1 / 6., five_errors(std::sqrt(5) / 6));
  const std::uint64_t wide = (std::uint64_t{1} << 40) + 1;
  double mean = 0;
  for (int i = 0; i < draws; ++i) {
    const auto value = s.below(wide);
    ASSERT_LT(value, wide);
    mean += static_cast<double>(value) / static_cast<double>(wide) / draws;
  }
  EXPECT_NEAR(mean, 0.5, five_errors(std::sqrt(1 / 12.)));
}

class Poisson : public testing::TestWithParam<double> {};
TEST_P(Poisson, FollowsItsProbabilities) {
  const double mean = GetParam();
  auto s = stream(5);
  const auto values = sample(draws, [&] { return static_cast<double>(s.poisson(mean)); });
  const auto m = moments(values);
  EXPECT_NEAR(m.mean, mean, five_errors(std::sqrt(mean)));
  EXPECT_NEAR(m.variance, mean, five_errors(std::sqrt(mean + 2 * mean * mean)));
  for (double k = std::max(0., std::floor(mean - 2 * std::sqrt(mean)));
       k < mean + 2 * std::sqrt(mean); ++k) {
    const double p = std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
    const auto n = std::count(values.begin(), values.end(), k);
    EXPECT_NEAR(static_cast<double>(n) / draws, p, five_errors(std::sqrt(p * (1 - p))))
        << "count " << k;
  }
}
INSTANTIATE_TEST_SUITE_P(Means, Poisson, testing::Values(0.01, 0.7, 9.99, 10., 57.3, 400.));

class Gamma : public testing::TestWithParam<double> {};
TEST_P(Gamma, Moments) {
  const double shape = GetParam();
  auto s = stream(7);
  const auto values = sample(draws, [&] { return s.gamma(shape); });
  const auto m = moments(values);
  EXPECT_NEAR(m.mean, shape, five_errors(std::sqrt(shape)));
  // The fourth central moment is 3 shape^2 + 6 shape.
  EXPECT_NEAR(m.variance, shape, five_errors(std::sqrt(2 * shape * shape + 6 * shape)));
  // E[log x] is the digamma function, here from lnG: what small values are like, too.
  double logs = 0, squares = 0;
  for (const double v : values) {
    ASSERT_GT(v, 0);
    logs += std::log(v) / draws;
    squares += std::log(v) * std::log(v) / draws;
  }
  const double h = 1e-5 * shape;
  const double digamma = (std::lgamma(shape + h) - std::lgamma(shape - h)) / (2 * h);
  EXPECT_NEAR(logs, digamma, five_errors(std::sqrt(squares - logs * logs)));
}
INSTANTIATE_TEST_SUITE_P(Shapes, Gamma, testing::Values(0.3, 0.9, 1., 3., 30.));

TEST(RandomStream, PoissonOfZeroIsZero) {
  auto s = stream(6);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(s.poisson(0), 0U);
}

}  // namespace
}  // namespace nnpoisson
