#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

// Seeds are fixed, so these tests always give the same verdict; a bound of 4 standard errors would
// fail a right program for one seed in 16,000.
constexpr double bound = 4;

struct KnownDraw {
  explicit KnownDraw(NeuralTime time = NeuralTime::scaled) {
    auto [known, trials] = demonstration(2000);
    model = known;
    model.neural_time = time;
    data = sample(model, trials, {.seed = 11});
  }
  [[nodiscard]] Curves curves(std::size_t n) const {
    return {model, std::span(data.trial.stimulus).subspan(2 * n, 2)};
  }
  Model model;
  Dataset data;
};

class StatisticsOfSample : public testing::TestWithParam<NeuralTime> {};

/// Spikes by region and tenth of the observed time, against their means given the responses; all
/// are independent Poisson counts.
TEST_P(StatisticsOfSample, CountsAgreeWithLambda) {
  const KnownDraw known(GetParam());
  const Dataset& data = known.data;
  constexpr std::size_t parts = 10;
  std::array<std::array<double, parts>, 6> count{}, mean{};
  const auto units = units_by_session_and_region(data);
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const double until = data.trial.observed_until[n];
    for (auto i = static_cast<std::size_t>(data.spike.offset[n]);
         i < static_cast<std::size_t>(data.spike.offset[n + 1]); ++i)
      ++count[static_cast<std::size_t>(data.unit.region[static_cast<std::size_t>(
          data.spike.unit[i])])][static_cast<std::size_t>(data.spike.time[i] / until * parts)];
    Curves curves = known.curves(n);
    std::array<Growth, 6> before{}, now{};
    for (std::size_t p = 0; p < parts; ++p) {
      curves.columns(until * static_cast<double>(p + 1) / parts, time_scale(known.model, until),
                     now);
      for (std::size_t g = 0; g < 6; ++g)
        mean[g][p] += units[static_cast<std::size_t>(data.trial.session[n]) * 6 + g] *
                      (now[g].cumulative - before[g].cumulative);
      before = now;
    }
  }
  double squares = 0;
  for (std::size_t g = 0; g < 6; ++g)
    for (std::size_t p = 0; p < parts; ++p) {
      const double error = (count[g][p] - mean[g][p]) / std::sqrt(mean[g][p]);
      EXPECT_LT(std::abs(error), bound) << "region " << g << ", part " << p;
      squares += error * error;
    }
  EXPECT_NEAR(squares, 60, bound * std::sqrt(2 * 60.0));
}

INSTANTIATE_TEST_SUITE_P(NeuralTime, StatisticsOfSample,
                         testing::Values(NeuralTime::scaled, NeuralTime::absolute),
                         [](const auto& time) { return to_string(time.param); });

TEST(StatisticsOfResponses, ChoicesAgreeWithTheirProbabilities) {
  const KnownDraw known;
  struct Tally {
    double trials = 0, left = 0, right = 0;
  };
  std::map<std::array<double, 2>, Tally> tallies;
  for (std::size_t n = 0; n < known.data.trials(); ++n) {
    auto& tally = tallies[{known.data.trial.stimulus[2 * n], known.data.trial.stimulus[2 * n + 1]}];
    ++tally.trials;
    tally.left += known.data.trial.choice[n] > 0;
    tally.right += known.data.trial.choice[n] < 0;
  }
  ASSERT_EQ(tallies.size(), 16U);
  for (const auto& [stimulus, tally] : tallies) {
    Curves curves(known.model, stimulus);
    const auto predicted = predict_response(curves, 1);
    const auto expect = [&](double count, double p) {
      EXPECT_LT(std::abs(count - tally.trials * p), bound * std::sqrt(tally.trials * p * (1 - p)))
          << stimulus[0] << " " << stimulus[1] << ": " << count << " of " << tally.trials << ", p "
          << p;
    };
    expect(tally.left, predicted.left);
    expect(tally.right, predicted.right);
    expect(tally.trials - tally.left - tally.right, std::exp(-curves.response(1).cumulative));
  }
}

/// Each response time through its own distribution function, given a response: uniform, so every
/// quantile is right.
TEST(StatisticsOfResponses, TimesFollowTheirDistribution) {
  const KnownDraw known;
  std::vector<double> uniform;
  for (std::size_t n = 0; n < known.data.trials(); ++n) {
    if (!known.data.responded(n)) continue;
    Curves curves = known.curves(n);
    uniform.push_back(std::expm1(-curves.response(known.data.trial.response_time[n]).cumulative) /
                      std::expm1(-curves.response(1).cumulative));
  }
  std::sort(uniform.begin(), uniform.end());
  const auto count = static_cast<double>(uniform.size());
  ASSERT_GT(count, 1900);
  for (std::size_t i = 0; i < uniform.size(); ++i)
    ASSERT_LT(std::abs(uniform[i] - (static_cast<double>(i) + 0.5) / count),
              1.63 / std::sqrt(count))
        << i;  // 99 % band
}

}  // namespace
}  // namespace nnpoisson
