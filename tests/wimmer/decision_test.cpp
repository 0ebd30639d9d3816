#include "synthetic/decision.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "synthetic/recording.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/spikes.hpp"

namespace nnpoisson::wimmer {
namespace {

/// Spikes of one step, of so many neurons from `first` on.
void volley(std::vector<std::uint32_t>& spikes, int step, int first, int count) {
  for (int k = 0; k < count; ++k) spikes.push_back(spike_number(step, first + k));
}

Decision decide_all(std::vector<std::uint32_t> spikes, const Conditions& conditions = {}) {
  std::sort(spikes.begin(), spikes.end());
  return decide(spikes, conditions, all_readers());
}

TEST(Decision, IsAboveFortyHertz) {
  std::vector<std::uint32_t> spikes;
  volley(spikes, 10005, 0, 240);
  volley(spikes, 10006, 0, 240);
  EXPECT_EQ(decide_all(spikes).choice, 0);
  EXPECT_TRUE(std::isnan(decide_all(spikes).time));
  volley(spikes, 10007, 0, 1);
  const auto right = decide_all(spikes);
  EXPECT_EQ(right.choice, -1);
  EXPECT_DOUBLE_EQ(
      right.time, 0.501);  // the window that ends at 1.001 s is the first to hold the step 1.0007 s
  for (auto& spike : spikes) spike += selective;
  EXPECT_EQ(decide_all(spikes).choice, 1);
}

TEST(Decision, WindowsIncludeBothEnds) {
  std::vector<std::uint32_t> spikes;
  volley(spikes, 9000, 0, 240);
  volley(spikes, 9500, 0, 240);
  volley(spikes, 9250, 0, 1);
  const auto decision = decide_all(spikes);
  EXPECT_EQ(decision.choice, -1);
  EXPECT_DOUBLE_EQ(decision.time, 0.45);  // 0.9 to 0.95 s, both in
  spikes.clear();
  volley(spikes, 8999, 0, 240);
  volley(spikes, 9500, 0, 240);
  volley(spikes, 9250, 0, 1);
  EXPECT_EQ(decide_all(spikes).choice, 0);
}

TEST(Decision, BeginsWithTheStimulusAndEndsWithTheRun) {
  std::vector<std::uint32_t> spikes;
  volley(spikes, 4990, 0, 240);
  volley(spikes, 5000, 0, 240);
  EXPECT_EQ(decide_all(spikes).choice, 0) << "a window must not begin before onset";
  volley(spikes, 5000, 0, 0);
  spikes.clear();
  for (const int step : {5000, 5100, 5500}) volley(spikes, step, 0, 240);
  EXPECT_DOUBLE_EQ(decide_all(spikes).time, 0.05);
  spikes.clear();
  for (const int step : {29990, 29992, 29999}) volley(spikes, step, selective, 240);
  EXPECT_DOUBLE_EQ(decide_all(spikes).time, 2.5);
}

TEST(Decision, TiesGoToTheLeft) {
  std::vector<std::uint32_t> spikes;
  for (const int step : {9001, 9002, 9003}) volley(spikes, step, 0, 480);
  EXPECT_EQ(decide_all(spikes).choice, 1);
  volley(spikes, 8991, 0, 240);
  EXPECT_EQ(decide_all(spikes).choice, 1) << "still in the same window";
  spikes.clear();
  for (const int step : {8981, 8982, 8983}) volley(spikes, step, 0, 240);
  for (const int step : {9001, 9002, 9003}) volley(spikes, step, 240, 240);
  EXPECT_EQ(decide_all(spikes).choice, -1);
}

TEST(Decision, ByAThirdDrawnForEachTrial) {
  const auto a = third_of_readers(1, 0), again = third_of_readers(1, 0), b = third_of_readers(1, 1);
  EXPECT_EQ(a.de1, again.de1);
  EXPECT_NE(a.de1, b.de1);
  for (const auto* half : {&a.de1, &a.de2, &b.de1}) {
    EXPECT_EQ(half->size(), 80U);
    EXPECT_EQ(std::set(half->begin(), half->end()).size(), 80U);
  }
  for (const auto k : a.de1) EXPECT_LT(k, selective);
  for (const auto k : a.de2) EXPECT_TRUE(k >= selective && k < 2 * selective);
  // 160 of the third's spikes are 40 Hz; those of others do not count.
  std::vector<std::uint32_t> spikes;
  for (const int step : {9001, 9002})
    for (const auto k : a.de1) spikes.push_back(spike_number(step, k));
  EXPECT_EQ(decide(spikes, {}, a).choice, 0);
  spikes.push_back(spike_number(9003, a.de1[0]));
  EXPECT_EQ(decide(spikes, {}, a).choice, -1);
  EXPECT_EQ(decide(spikes, {}, b).choice, 0);
}

TEST(Recording, IsOfTheStimulusUpToTheDecision) {
  TrialSpikes trial;
  volley(trial.integration, 4000, 0, 2);
  volley(trial.integration, 5000, 0, 2);  // at onset: left out
  volley(trial.integration, 5001, 0, 1);
  for (const int step : {9001, 9002, 9003}) volley(trial.integration, step, selective, 240);
  volley(trial.integration, 9010, 0,
         1);  // 0.401 s: the decision's own time, the end of what is observed
  volley(trial.integration, 9011, 0, 1);
  volley(trial.sensory, 6000, 0, 1);
  volley(trial.sensory, 6000, excitatory, 1);
  volley(trial.sensory, 20000, 0, 1);
  Recording recording({}, Record::full, 7);
  recording.add(4, trial);
  TrialSpikes silent;
  volley(silent.sensory, 24999, 800, 1);
  volley(silent.sensory, 25000, 800, 1);
  recording.add(5, silent);
  const Dataset& data = recording.dataset();
  EXPECT_NO_THROW(validate(data));
  EXPECT_EQ(data.time_limit, 2);
  EXPECT_EQ(data.region_names,
            (std::vector<std::string>{"DE1s", "DE2s", "DIs", "SE1s", "SE2s", "SIs"}));
  EXPECT_EQ(data.stimulus_names,
            (std::vector<std::string>{"coherence=0.8", "coherence=0.5", "coherence=0"}));
  EXPECT_EQ(data.units(), 2880U);
  EXPECT_EQ(data.trial.stimulus, (std::vector<double>{0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(data.trial.choice, (std::vector<std::int8_t>{1, 0}));
  EXPECT_DOUBLE_EQ(data.trial.response_time[0], 0.401);
  EXPECT_DOUBLE_EQ(data.trial.observed_until[0], 0.401);
  EXPECT_TRUE(std::isnan(data.trial.response_time[1]));
  EXPECT_EQ(data.trial.observed_until[1], 2);
  EXPECT_EQ(data.trial.number, (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(data.session_trials, std::vector<std::int64_t>{7});
  EXPECT_EQ(data.spike.offset, (std::vector<std::int64_t>{0, 1 + 2 + 720, 1 + 2 + 720 + 1}));
  EXPECT_DOUBLE_EQ(data.spike.time[0], 1e-4);
  EXPECT_EQ(data.region_names[static_cast<std::size_t>(
                data.unit.region[static_cast<std::size_t>(data.spike.unit[1])])],
            "SE1s");
  EXPECT_EQ(data.region_names[static_cast<std::size_t>(
                data.unit.region[static_cast<std::size_t>(data.spike.unit.back())])],
            "SE2s");
  EXPECT_DOUBLE_EQ(data.spike.time.back(), 1.9999);
}

TEST(Recording, LateDecisionsAreNone) {
  TrialSpikes trial;
  for (const int step : {26001, 26002, 26003}) volley(trial.integration, step, 0, 240);
  Recording recording({}, Record::full, 1);
  recording.add(0, trial);
  EXPECT_EQ(recording.dataset().trial.choice[0], 0);
  EXPECT_TRUE(std::isnan(recording.dataset().trial.response_time[0]));
}

TEST(Recording, OfAThird) {
  Recording recording({}, Record::sample, 1), other_seed({.seed = 2}, Record::sample, 1);
  std::vector<int> units(6, 0);
  for (const auto region : recording.dataset().unit.region)
    ++units[static_cast<std::size_t>(region)];
  EXPECT_EQ(units, (std::vector<int>{80, 80, 133, 267, 267, 133}));
  EXPECT_NE(recording.dataset().unit.id, other_seed.dataset().unit.id);
}

}  // namespace
}  // namespace nnpoisson::wimmer
