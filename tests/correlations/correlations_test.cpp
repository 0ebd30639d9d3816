#include "nnpoisson/correlations.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

struct Known {
  explicit Known(std::size_t count) {
    auto [known, trials] = demonstration(count);
    model = known;
    data = sample(model, trials, {.seed = 5});
  }
  Model model;
  Dataset data;
};

TEST(Correlations, TheSameOnAnyNumberOfThreads) {
  const Known known(96);
  const CorrelationOptions options{
      .windows = {{0, 1}, {0.2, 0.4}}, .repeats = 2, .units = true, .threads = 1};
  auto three = options;
  three.threads = 3;
  EXPECT_EQ(to_json(correlations(known.model, known.data, options)),
            to_json(correlations(known.model, known.data, three)));
}

TEST(Correlations, AreWatched) {
  const Known known(96);
  for (const int repeats : {0, 2})
    expect_watched([&](const Watch& watch) {
      return to_json(
          correlations(known.model, known.data, {.repeats = repeats, .threads = 2}, watch));
    });
}

TEST(Correlations, CountsInBinsAreCountsInWindows) {
  const Known known(96);
  Dataset binned = known.data;
  binned.bin_width = 0.05;
  binned.spike = {};
  binned.count.offset = {0};
  for (std::size_t n = 0; n < binned.trials(); ++n) {
    for (auto i = known.data.spike.offset[n]; i < known.data.spike.offset[n + 1]; ++i) {
      const auto k = static_cast<std::size_t>(i);
      binned.count.bin.push_back(static_cast<std::int32_t>(known.data.spike.time[k] / 0.05));
      binned.count.unit.push_back(known.data.spike.unit[k]);
      binned.count.value.push_back(1);
    }
    binned.count.offset.push_back(static_cast<std::int64_t>(binned.count.bin.size()));
  }
  const CorrelationOptions options{.windows = {{0, 1}, {0.2, 0.45}}, .units = true};
  EXPECT_EQ(to_json(correlations(known.model, binned, options)),
            to_json(correlations(known.model, known.data, options)));
  EXPECT_THROW((void)correlations(known.model, binned, {.windows = {{0.2, 0.43}}}), UsageError);
}

TEST(Correlations, SaysNothingWhereThereIsNothingToSay) {
  Known known(96);
  // Every trial a stimulus of its own.
  for (std::size_t n = 0; n < known.data.trials(); ++n)
    known.data.trial.stimulus[2 * n] = 0.001 * static_cast<double>(n);
  const auto window = correlations(known.model, known.data).windows.at(0);
  EXPECT_EQ(window.trials, 0U);
  EXPECT_EQ(window.choices, 0U);
  ASSERT_EQ(window.pairs.size(), 21U);
  for (const auto& pair : window.pairs) {
    EXPECT_EQ(pair.unit_pairs, 0U);
    EXPECT_TRUE(std::isnan(pair.units.observed.value) && std::isnan(pair.units.implied) &&
                std::isnan(pair.units.sampled.value));
  }
  for (const auto& region : window.regions)
    EXPECT_TRUE(std::isnan(region.population.observed.value) &&
                std::isnan(region.mean_unit.implied));
}

TEST(Correlations, UnitsThatNeverVaryAreLeftOut) {
  const Known known(96);
  Dataset silent = known.data;
  // Unit 0 gives its spikes to unit 1 of the same region.
  for (auto& unit : silent.spike.unit) unit = unit == 0 ? 1 : unit;
  const auto before = correlations(known.model, known.data).windows.at(0),
             after = correlations(known.model, silent).windows.at(0);
  EXPECT_EQ(after.pairs[0].unit_pairs,
            before.pairs[0].unit_pairs - 4);  // five units of the region in session 0
  EXPECT_EQ(after.pairs[1].populations.observed.value, before.pairs[1].populations.observed.value);
  EXPECT_TRUE(std::isfinite(after.pairs[0].units.observed.value));
}

TEST(Correlations, RefusesWindowsOutsideTheTrial) {
  const Known known(16);
  for (const Window window : {Window{-0.1, 0.5}, {0.5, 0.5}, {0.5, 1.1}, {std::nan(""), 1}})
    EXPECT_THROW((void)correlations(known.model, known.data, {.windows = {window}}), UsageError);
  EXPECT_THROW((void)correlations(known.model, known.data, {.repeats = -1}), UsageError);
}

// Seeds are fixed, so these tests always give the same verdict; a bound of 4.5 standard errors for
// each of some 100 numbers would fail a right program for one seed in 1,000.
constexpr double bound = 4.5;

/// Every statistic of trials drawn from the model against its closed form.
class Deviations {
 public:
  void compare(const Measurement& estimate, double implied, const std::string& what) {
    if (std::isnan(implied)) return;
    const double error = (estimate.value - implied) / estimate.standard_error;
    EXPECT_LT(std::abs(error), bound) << what << ": " << estimate.value << " +- "
                                      << estimate.standard_error << ", implied " << implied;
    squares_ += error * error;
    ++count_;
  }
  void compare_all(const Correlations& drawn) {
    for (const auto& window : drawn.windows) {
      const std::string where = " from " + std::to_string(window.window.from);
      for (const auto& pair : window.pairs) {
        const std::string which =
            " " + std::to_string(pair.first) + " " + std::to_string(pair.second) + where;
        compare(pair.units.sampled, pair.units.implied, "units" + which);
        compare(pair.populations.sampled, pair.populations.implied, "populations" + which);
      }
      for (const auto& region : window.regions) {
        compare(region.mean_unit.sampled, region.mean_unit.implied,
                "choice, units" + std::to_string(region.region) + where);
        compare(region.population.sampled, region.population.implied,
                "choice " + std::to_string(region.region) + where);
      }
    }
  }
  [[nodiscard]] double mean_square() const { return squares_ / count_; }
  [[nodiscard]] double count() const { return count_; }

 private:
  double squares_ = 0, count_ = 0;
};

class StatisticsOfCorrelations : public testing::TestWithParam<NeuralTime> {};

TEST_P(StatisticsOfCorrelations, ClosedFormEqualsSampling) {
  Known known(320);
  known.model.neural_time = GetParam();
  Deviations deviations;
  deviations.compare_all(correlations(known.model, known.data,
                                      {.windows = {{0, 1}, {0.3, 0.5}}, .repeats = 40, .seed = 8}));
  EXPECT_GT(deviations.count(), 80);
  // Errors of about 100 statistics of the same trials hang together: their mean square is near 1,
  // not as near as independent ones'.
  EXPECT_GT(deviations.mean_square(), 0.5);
  EXPECT_LT(deviations.mean_square(), 1.8);
}

INSTANTIATE_TEST_SUITE_P(NeuralTime, StatisticsOfCorrelations,
                         testing::Values(NeuralTime::scaled, NeuralTime::absolute),
                         [](const auto& time) { return to_string(time.param); });

TEST(StatisticsOfNeurons, ClosedFormEqualsSampling) {
  const auto [model, trials] = known_neurons(216);
  const Dataset data = sample(model, trials, {.seed = 3});
  const CorrelationOptions options{.windows = {{0, 1}, {0.2, 0.5}}, .repeats = 40, .seed = 4};
  Deviations deviations;
  deviations.compare_all(correlations(model, data, options));
  EXPECT_GT(deviations.count(), 25);
  // The standard errors take the drift between trials for chance, which it is not.
  EXPECT_GT(deviations.mean_square(), 0.2);
  EXPECT_LT(deviations.mean_square(), 1.8);
}

TEST(Correlations, OfNeuronsTheSameOnAnyNumberOfThreads) {
  const auto [model, trials] = known_neurons(72);
  const Dataset data = sample(model, trials, {.seed = 3});
  CorrelationOptions options{.windows = {{0, 1}, {0.2, 0.4}}, .units = true, .threads = 1};
  const auto one = to_json(correlations(model, data, options));
  options.threads = 3;
  EXPECT_EQ(one, to_json(correlations(model, data, options)));
}

/// Over 40 recordings of the known model, standard errors are the spread of the estimates: their
/// mean square ratio is chi-square over its 40 degrees of freedom, of standard error 0.22.
TEST(StatisticsOfStandardErrors, AreTheSpreadOverRecordings) {
  const auto [model, trials] = demonstration(480);
  constexpr int recordings = 40;
  double pair = 0, population = 0, unit = 0, choice = 0;
  for (int r = 0; r < recordings; ++r) {
    const auto window =
        correlations(model, sample(model, trials, {.seed = 100 + static_cast<std::uint64_t>(r)}))
            .windows.at(0);
    const auto square = [](const Comparison& c) {
      return std::pow((c.observed.value - c.implied) / c.observed.standard_error, 2) / recordings;
    };
    pair += square(window.pairs[2].units);
    population += square(window.pairs[2].populations);
    unit += square(window.regions[2].mean_unit);
    choice += square(window.regions[2].population);
  }
  for (const double ratio : {pair, population, unit, choice}) {
    EXPECT_GT(ratio, 1 - 3.5 * 0.22);
    EXPECT_LT(ratio, 1 + 3.5 * 0.22);
  }
}

}  // namespace
}  // namespace nnpoisson
