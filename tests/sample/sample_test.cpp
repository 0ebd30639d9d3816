#include "nnpoisson/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/error.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

void expect_equal(const Dataset& a, const Dataset& b) {
  EXPECT_EQ(a.trial.choice, b.trial.choice);
  EXPECT_EQ(a.trial.observed_until, b.trial.observed_until);
  EXPECT_EQ(a.spike.offset, b.spike.offset);
  EXPECT_EQ(a.spike.time, b.spike.time);
  EXPECT_EQ(a.spike.unit, b.spike.unit);
}

TEST(Sample, IsAValidDatasetWithTheTrialsAskedFor) {
  const auto [model, trials] = demonstration(50);
  const Dataset drawn = sample(model, trials, {.seed = 3, .repeats = 2});
  validate(drawn);
  ASSERT_EQ(drawn.trials(), 100U);
  for (std::size_t n = 0; n < 100; ++n) {
    EXPECT_EQ(drawn.trial.session[n], trials.trial.session[n % 50]);
    EXPECT_EQ(drawn.trial.stimulus[2 * n + 1], trials.trial.stimulus[2 * (n % 50) + 1]);
    const bool responded = drawn.trial.choice[n] != 0;
    EXPECT_EQ(responded, !std::isnan(drawn.trial.response_time[n]));
    EXPECT_EQ(drawn.trial.observed_until[n], responded ? drawn.trial.response_time[n] : 1);
  }
}

TEST(Sample, KeepsThePlacesOfTrials) {
  using Places = std::vector<std::int64_t>;
  auto [model, trials] = demonstration(8);  // two of each session
  EXPECT_EQ(sample(model, trials).trial.number, (Places{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(sample(model, trials).session_trials, Places(4, 2));
  trials.trial.number = {5, 3, 0, 1, 2, 0, 6, 9};
  trials.session_trials = {7, 2, 3, 10};
  const Dataset once = sample(model, trials), twice = sample(model, trials, {.repeats = 2});
  EXPECT_EQ(once.trial.number, trials.trial.number);
  EXPECT_EQ(once.session_trials, trials.session_trials);
  validate(twice);
  EXPECT_EQ(twice.trial.number, (Places{10, 6, 0, 2, 4, 0, 12, 18, 11, 7, 1, 3, 5, 1, 13, 19}));
  EXPECT_EQ(twice.session_trials, (Places{14, 4, 6, 20}));
}

TEST(Sample, DependsOnSeedAndRepeatAlone) {
  const auto [model, trials] = demonstration(60);
  const Dataset drawn = sample(model, trials, {.seed = 3, .repeats = 2, .threads = 1});
  for (const int threads : {2, 7})
    expect_equal(sample(model, trials, {.seed = 3, .repeats = 2, .threads = threads}), drawn);

  // The first repeat is what one repeat alone draws; the second is another draw, and so is another
  // seed.
  const Dataset once = sample(model, trials, {.seed = 3});
  ASSERT_LT(once.spike.time.size(), drawn.spike.time.size());
  EXPECT_TRUE(std::equal(once.spike.time.begin(), once.spike.time.end(), drawn.spike.time.begin()));
  EXPECT_NE(drawn.trial.observed_until[0], drawn.trial.observed_until[60]);
  EXPECT_NE(sample(model, trials, {.seed = 4}).spike.time, once.spike.time);
}

TEST(Sample, FindsRegionsByName) {
  auto [model, trials] = demonstration(60);
  const Dataset drawn = sample(model, trials, {.seed = 3});
  std::reverse(trials.region_names.begin(), trials.region_names.end());
  for (auto& g : trials.unit.region) g = 5 - g;
  const Dataset renumbered = sample(model, trials, {.seed = 3});
  EXPECT_EQ(renumbered.trial.response_time.size(), drawn.trial.response_time.size());
  EXPECT_EQ(renumbered.trial.choice, drawn.trial.choice);
  // Another order of regions takes other random numbers, but the same expectations.
  EXPECT_NEAR(static_cast<double>(renumbered.spike.time.size()),
              static_cast<double>(drawn.spike.time.size()),
              5 * std::sqrt(2.0 * static_cast<double>(drawn.spike.time.size())));
}

TEST(Sample, OfATrialsCountsIsSpikeTimes) {
  auto [model, trials] = demonstration(8);
  trials.spike = {};
  trials.bin_width = 0.01;
  trials.count.offset.assign(9, 0);
  validate(trials);
  const Dataset drawn = sample(model, trials);
  validate(drawn);
  EXPECT_FALSE(drawn.binned());
  EXPECT_GT(drawn.spike.time.size(), 0U);
}

TEST(Sample, OfASilentModelIsEmpty) {
  auto [model, trials] = demonstration(8);
  model.parameters.assign(model.parameters.size(), 0.0);
  const Dataset drawn = sample(model, trials);
  validate(drawn);
  EXPECT_EQ(drawn.spike.time.size(), 0U);
  EXPECT_EQ(drawn.trial.choice, std::vector<std::int8_t>(8, 0));
}

TEST(Sample, IsWatched) {
  const auto [model, trials] = demonstration(60);
  expect_watched([&](const Watch& watch) {
    return sample(model, trials, {.seed = 3, .threads = 2}, watch).spike.time;
  });
}

TEST(Sample, RefusesNoRepeatsAndAForeignDataset) {
  auto [model, trials] = demonstration(8);
  EXPECT_THROW(static_cast<void>(sample(model, trials, {.repeats = 0})), UsageError);
  trials.region_names[0] = "elsewhere";
  EXPECT_THROW(static_cast<void>(sample(model, trials)), DataError);
  EXPECT_THROW(static_cast<void>(demonstration(0)), UsageError);
}

TEST(Demonstration, IsWhatItsDescriptionSays) {
  const auto [model, trials] = demonstration(400);
  validate(trials);
  double slowest = 1e9, fastest = 0, least_left = 1, most_left = 0;
  for (std::size_t n = 0; n < 16; ++n) {
    Curves curves(model, std::span(trials.trial.stimulus).subspan(2 * n, 2));
    for (int k = 0; k <= 200; ++k)
      for (std::size_t g = 0; g < 6; ++g) {
        const double rate = curves.column(g, 0.005 * k, 1).intensity;
        slowest = std::min(slowest, rate);
        fastest = std::max(fastest, rate);
      }
    const auto predicted = predict_response(curves, 1);
    const double left = predicted.left / (predicted.left + predicted.right);
    least_left = std::min(least_left, left);
    most_left = std::max(most_left, left);
    EXPECT_GT(predicted.left + predicted.right, 0.97);
  }
  EXPECT_NEAR(slowest, 2, 0.5);
  EXPECT_NEAR(fastest, 32, 0.5);
  EXPECT_NEAR(least_left, 0.06, 0.005);
  EXPECT_NEAR(most_left, 0.93, 0.005);
}

}  // namespace
}  // namespace nnpoisson
