#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/sample.hpp"
#include "sample/neuron_times.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

TEST(NeuronSample, IsAValidDatasetWithTheTrialsAskedFor) {
  auto [model, trials] = known_neurons(40);
  trials.trial.number.assign(40, 0);
  for (std::size_t n = 0; n < 40; ++n) trials.trial.number[n] = static_cast<std::int64_t>(n % 20);
  trials.session_trials = {30, 20};
  const Dataset drawn = sample(model, trials, {.seed = 3, .repeats = 2});
  validate(drawn);
  ASSERT_EQ(drawn.trials(), 80U);
  EXPECT_EQ(drawn.session_trials, (std::vector<std::int64_t>{60, 40}));
  int none = 0, left = 0;
  for (std::size_t n = 0; n < 80; ++n) {
    EXPECT_EQ(drawn.trial.session[n], trials.trial.session[n % 40]);
    EXPECT_EQ(drawn.trial.stimulus[2 * n + 1], trials.trial.stimulus[2 * (n % 40) + 1]);
    EXPECT_EQ(drawn.trial.number[n], static_cast<std::int64_t>(n % 20 * 2 + n / 40));
    const bool responded = drawn.trial.choice[n] != 0;
    EXPECT_EQ(responded, !std::isnan(drawn.trial.response_time[n]));
    EXPECT_EQ(drawn.trial.observed_until[n], responded ? drawn.trial.response_time[n] : 1);
    none += responded ? 0 : 1;
    left += drawn.trial.choice[n] > 0 ? 1 : 0;
  }
  EXPECT_LT(none, 40);
  EXPECT_GT(left, 10);
  EXPECT_LT(left, 70);
}

TEST(NeuronSample, DependsOnSeedAndRepeatAlone) {
  const auto [model, trials] = known_neurons(90);
  const Dataset drawn = sample(model, trials, {.seed = 3, .repeats = 2, .threads = 1});
  for (const int threads : {2, 7}) {
    const Dataset again = sample(model, trials, {.seed = 3, .repeats = 2, .threads = threads});
    EXPECT_EQ(again.trial.observed_until, drawn.trial.observed_until);
    EXPECT_EQ(again.spike.time, drawn.spike.time);
    EXPECT_EQ(again.spike.unit, drawn.spike.unit);
  }
  const Dataset once = sample(model, trials, {.seed = 3});
  ASSERT_LT(once.spike.time.size(), drawn.spike.time.size());
  EXPECT_TRUE(std::equal(once.spike.time.begin(), once.spike.time.end(), drawn.spike.time.begin()));
  EXPECT_NE(drawn.trial.observed_until[0], drawn.trial.observed_until[90]);
  EXPECT_NE(sample(model, trials, {.seed = 4}).spike.time, once.spike.time);
}

TEST(NeuronSample, OfATrialsCountsIsCounts) {
  auto [model, trials] = known_neurons(200);
  const Dataset exact = sample(model, trials);
  trials.spike = {};
  trials.bin_width = 0.1;
  trials.count.offset.assign(201, 0);
  const Dataset drawn = sample(model, trials);
  validate(drawn);
  ASSERT_TRUE(drawn.binned());
  double counts = 0;
  for (const auto value : drawn.count.value) counts += value;
  EXPECT_EQ(drawn.trial.choice, exact.trial.choice);
  double kept = 0;
  for (std::size_t n = 0; n < 200; ++n) {
    const double until = exact.trial.observed_until[n];
    EXPECT_NEAR(drawn.trial.observed_until[n], std::max(0.1, std::floor(until * 10) / 10), 1e-12);
    for (auto i = exact.spike.offset[n]; i < exact.spike.offset[n + 1]; ++i)
      kept += exact.spike.time[static_cast<std::size_t>(i)] < drawn.trial.observed_until[n];
  }
  EXPECT_NEAR(counts, kept, 0.05 * kept);
}

TEST(NeuronSample, CountsOfABinLongerThanTheWindowAreNone) {
  auto [model, trials] = known_neurons(4);
  trials.spike = {};
  trials.bin_width = 2;
  trials.count.offset.assign(5, 0);
  const Dataset drawn = sample(model, trials);
  validate(drawn);
  EXPECT_TRUE(drawn.count.value.empty());
}

TEST(NeuronSample, WithoutGainsHasNoLatent) {
  auto [model, trials] = known_neurons(20);
  NeuronShape& shape = model.neuron_shape;
  shape.shared_gain = shape.private_gain = shape.drift = false;
  shape.nodes = 1;
  model.parameters = neuron_start(shape, model.neuron_constants, 1);
  const Dataset drawn = sample(model, trials);
  validate(drawn);
  EXPECT_GT(drawn.spike.time.size(), 0U);
}

TEST(NeuronSample, RefusesForeignUnits) {
  auto [model, trials] = known_neurons(4);
  trials.unit.id[7] = 1000;
  try {
    static_cast<void>(sample(model, trials));
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("unit/id[7]: unit 1000 of session known_neurons_1"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(static_cast<void>(known_neurons(0)), UsageError);
}

TEST(NeuronTimes, AreInverseToTheCurves) {
  const auto [model, trials] = known_neurons(1);
  const Numbers stimulus{1, 0.5};
  const NeuronTimes times(model, stimulus);
  for (const double part : {0.0, 1e-9, 0.003, 0.2, 0.5, 0.77, 0.999, 1.0})
    for (std::size_t unit = 0; unit < trials.units(); unit += 7) {
      const double total = times.total(unit, 1, times.curves().rise(1));
      const double time = times.time_of(unit, part * total);
      EXPECT_NEAR(times.curves().cumulative_intensities(time)[unit], part * total, 1e-7 * total)
          << part << " of unit " << unit;
      EXPECT_GE(time, 0);
      EXPECT_LE(time, 1);
    }
}

TEST(NeuronTimes, OfASteepFeatureAreAlmostExact) {
  auto [model, trials] = known_neurons(1);
  const NeuronLayout layout(model.neuron_shape);
  model.parameters[layout[NeuronTensor::a].offset + 4] = 60;
  model.parameters[layout[NeuronTensor::b3].offset + 4] = -24;
  const NeuronTimes times(model, Numbers{1, 0.5});
  const double total = times.total(0, 1, times.curves().rise(1));
  for (int i = 1; i < 1000; ++i) {
    const double wanted = total * i / 1000, time = times.time_of(0, wanted);
    ASSERT_NEAR(times.curves().cumulative_intensities(time)[0], wanted, 1e-6 * total) << i;
  }
}

TEST(KnownNeurons, AreWhatTheDescriptionSays) {
  const auto [model, trials] = known_neurons(400);
  validate(trials);
  const NeuronGains gains(model);
  Numbers loadings;
  int negative = 0;
  double squares = 0;
  for (std::size_t i = 0; i < trials.units(); ++i) {
    squares += gains.loading(i) * gains.loading(i) / static_cast<double>(trials.units());
    negative += gains.loading(i) < 0 ? 1 : 0;
    EXPECT_GE(gains.shape(i), 3);
    EXPECT_LE(gains.shape(i), 30);
  }
  EXPECT_NEAR(std::sqrt(squares), 0.5, 0.1);
  EXPECT_GT(negative, 40);
  EXPECT_LT(negative, 80);

  // Choices and rates without gains at the stimuli that differ most.
  for (const double contrast : {0.0, 1.0}) {
    const NeuronCurves curves(model, Numbers{contrast, 1 - contrast});
    double rate = 0;
    for (const double total : curves.cumulative_intensities(1))
      rate += total / static_cast<double>(trials.units());
    EXPECT_NEAR(rate, 10, 3);
  }
}

}  // namespace
}  // namespace nnpoisson
