#include "nnpoisson/dataset_builder.hpp"

#include <functional>
#include <random>
#include <utility>

#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

using Times = std::vector<double>;
using Units = std::vector<std::int32_t>;

DatasetOptions two_features(double bin_width = 0) {
  return {.time_limit = 0.5, .bin_width = bin_width, .stimulus_names = {"left", "right"}};
}

/// Three trials of 0.5, 0.25 (answered) and 0.5 s; the last two overlap.
TrialTable three_trials() {
  return {.onset = {10, 20, 20.125},
          .stimulus = {0, 1, 2, 3, 4, 5},
          .response_time = {nan, 0.25, 0.75},
          .choice = {0, 1, -1}};
}

TEST(DatasetBuilder, PutsSpikesOfUnitsIntoTheTrialsAroundThem) {
  DatasetBuilder builder(two_features());
  const auto session = builder.add_session("cori", three_trials());
  const auto first = builder.add_unit(session, {.id = 7, .region = "VISp"},
                                      Times{20.25, 9.5, 10.125, 10.5, 10, 20.1875});
  const auto second = builder.add_unit(session, {.id = -3, .region = "MOs"});
  builder.add_spikes(second, Times{10.125, 20});
  builder.add_spikes(second, Times{20.5, 30});
  EXPECT_EQ(session, 0);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);

  const SpikeTally tally = builder.tally(session);
  EXPECT_EQ(tally.given, 10);
  EXPECT_EQ(tally.dropped, 3);  // 9.5, 10.5, which is the end of a trial, and 30
  EXPECT_EQ(tally.trials_outside, 0U);

  const Dataset data = builder.build();
  EXPECT_EQ(data.source, "dataset");
  EXPECT_EQ(data.time_limit, 0.5);
  EXPECT_EQ(data.session_names, std::vector<std::string>{"cori"});
  EXPECT_EQ(data.stimulus_names, (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(data.region_names, (std::vector<std::string>{"MOs", "VISp"}));
  EXPECT_EQ(data.trial.session, Units(3, 0));
  EXPECT_EQ(data.trial.stimulus, (Times{0, 1, 2, 3, 4, 5}));
  EXPECT_TRUE(std::isnan(data.trial.response_time[0]));
  EXPECT_EQ(data.trial.response_time[2], 0.75);
  EXPECT_EQ(data.trial.choice, (std::vector<std::int8_t>{0, 1, -1}));
  EXPECT_EQ(data.trial.observed_until, (Times{0.5, 0.25, 0.5}));
  EXPECT_EQ(data.unit.session, Units(2, 0));
  EXPECT_EQ(data.unit.region, (Units{1, 0}));
  EXPECT_EQ(data.unit.id, (std::vector<std::int64_t>{7, -3}));
  EXPECT_EQ(data.spike.offset, (std::vector<std::int64_t>{0, 3, 5, 8}));
  EXPECT_EQ(data.spike.time, (Times{0, 0.125, 0.125, 0, 0.1875, 0.0625, 0.125, 0.375}));
  EXPECT_EQ(data.spike.unit, (Units{0, 0, 1, 1, 0, 0, 0, 1}));
}

TEST(DatasetBuilder, SpikesOfManyUnitsAreThoseOfEach) {
  DatasetBuilder each(two_features()), mixed(two_features());
  for (DatasetBuilder* builder : {&each, &mixed}) {
    for (const char* name : {"a", "b"}) {
      const auto session = builder->add_session(name, three_trials());
      builder->add_unit(session, {.id = 0, .region = "x"});
      builder->add_unit(session, {.id = 1, .region = "x"});
    }
  }
  each.add_spikes(0, Times{10.25, 20.125});
  each.add_spikes(1, Times{10.25});
  each.add_spikes(3, Times{20.375});
  mixed.add_spikes(Times{20.125, 10.25, 10.25, 20.375}, Units{0, 1, 0, 3});
  const Dataset data = mixed.build();
  EXPECT_EQ(data.spike.unit, (Units{0, 1, 0, 0, 3}));
  expect_same(data, each.build());
}

TEST(DatasetBuilder, TakesSpikesTrialByTrial) {
  DatasetBuilder builder(two_features());
  TrialTable trials = three_trials();
  trials.onset.clear();
  trials.observed_until = {0.5, 0.5, 0.125};
  (void)builder.add_session("before", {});
  const auto session = builder.add_session("cori", trials);
  const auto a = builder.add_unit(session, {.id = 1, .region = "x"});
  const auto b = builder.add_unit(session, {.id = 2, .region = "x"});
  builder.add_trial_spikes(session, 2, Times{0, 0.125}, Units{b, b});
  builder.add_trial_spikes(session, 0, Times{-0.25, 0.375, 0.25, 0.25}, Units{a, a, b, a});
  builder.add_trial_spikes(session, 0, Times{0.125}, Units{a});

  EXPECT_EQ(builder.tally(session).given, 7);
  EXPECT_EQ(builder.tally(session).dropped, 2);
  const Dataset data = builder.build();
  EXPECT_EQ(data.trial.session, Units(3, 1));
  EXPECT_EQ(data.trial.observed_until, trials.observed_until);
  EXPECT_EQ(data.spike.offset, (std::vector<std::int64_t>{0, 4, 4, 5}));
  EXPECT_EQ(data.spike.time, (Times{0.125, 0.25, 0.25, 0.375, 0}));
  EXPECT_EQ(data.spike.unit, (Units{a, b, a, a, b}));
}

TEST(DatasetBuilder, CountsInBins) {
  DatasetBuilder builder(two_features(0.1));
  const auto session = builder.add_session("cori", three_trials());
  builder.add_unit(session, {.id = 1, .region = "x"}, Times{10.45, 10.05, 10.1, 10.0, 20.22});
  builder.add_unit(session, {.id = 2, .region = "x"}, Times{10.42});
  builder.add_trial_spikes(session, 0, Times{0.41}, Units{1});
  builder.add_trial_counts(session, 0, std::vector<BinCount>{{4, 0, 2}, {2, 0, 0}, {5, 0, 7}});
  EXPECT_EQ(builder.tally(session).given, 16);
  EXPECT_EQ(builder.tally(session).dropped, 7);

  const Dataset data = builder.build();
  EXPECT_EQ(data.trial.observed_until, (Times{0.5, 2 * 0.1, 0.5}));
  EXPECT_TRUE(data.spike.offset.empty());
  EXPECT_EQ(data.count.offset, (std::vector<std::int64_t>{0, 4, 4, 5}));
  EXPECT_EQ(data.count.bin, (Units{0, 1, 4, 4, 0}));
  EXPECT_EQ(data.count.unit, (Units{0, 0, 0, 1, 0}));
  EXPECT_EQ(data.count.value, (Units{2, 1, 3, 2, 1}));
}

TEST(DatasetBuilder, KeepsTheRegionsThatWereNamed) {
  DatasetOptions options = two_features();
  options.region_names = {"z", "none", "a"};
  DatasetBuilder builder(options);
  const auto session = builder.add_session("cori", three_trials());
  builder.add_unit(session, {.id = 1, .region = "a"});
  builder.add_unit(session, {.id = 2, .region = "z"});
  EXPECT_EQ(message([&] { builder.add_unit(session, {.id = 3, .region = "b"}); }),
            "dataset: session cori: unit 3: its region \"b\" is none of region_names");
  const Dataset data = builder.build();
  EXPECT_EQ(data.region_names, options.region_names);
  EXPECT_EQ(data.unit.region, (Units{2, 0}));
}

class BuiltDataset : public Scratch {};

TEST_F(BuiltDataset, IsTheSameInAFile) {
  for (const double bin_width : {0.0, 0.01}) {
    DatasetBuilder builder(two_features(bin_width));
    std::mt19937 random(3);
    for (const char* name : {"first", "second"}) {
      const auto session = builder.add_session(name, three_trials());
      for (std::int64_t id = 0; id < 5; ++id) {
        Times times(200);
        for (double& time : times) time = 9 + 12 * static_cast<double>(random()) / 4294967296.0;
        builder.add_unit(session, {.id = id, .region = id % 2 == 0 ? "even" : "odd"}, times);
      }
    }
    const Dataset data = builder.build();
    write_dataset(folder / "x.h5", data);
    expect_same(read_dataset(folder / "x.h5"), data);
    EXPECT_GT(data.spike.time.size() + data.count.bin.size(), 100U);
  }
}

/// Every spike is compared with every trial.
TEST(DatasetBuilder, FindsTheTrialsOfEverySpike) {
  std::mt19937 random(1);
  const auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
  TrialTable trials;
  for (int n = 0; n < 300; ++n) {
    trials.onset.push_back(100 * uniform());
    trials.stimulus.insert(trials.stimulus.end(), {0, 1});
    trials.response_time.push_back(uniform() + 1e-3);
    trials.choice.push_back(1);
  }
  DatasetBuilder builder(two_features());
  const auto session = builder.add_session("cori", trials);
  std::vector<std::vector<std::pair<double, std::int32_t>>> expected(300), found(300);
  std::int64_t dropped = 0;
  for (std::int32_t unit = 0; unit < 10; ++unit) {
    Times times(500);
    for (double& time : times) time = 100 * uniform();
    builder.add_unit(session, {.id = unit, .region = "x"}, times);
    for (const double time : times) {
      bool inside = false;
      for (std::size_t n = 0; n < 300; ++n) {
        const double from_onset = time - trials.onset[n];
        if (from_onset < 0 || from_onset >= std::min(0.5, trials.response_time[n])) continue;
        expected[n].emplace_back(from_onset, unit);
        inside = true;
      }
      dropped += inside ? 0 : 1;
    }
  }
  EXPECT_EQ(builder.tally(session).dropped, dropped);
  const Dataset data = builder.build();
  for (std::size_t n = 0; n < 300; ++n) {
    std::sort(expected[n].begin(), expected[n].end());
    for (auto i = data.spike.offset[n]; i < data.spike.offset[n + 1]; ++i) {
      const auto s = static_cast<std::size_t>(i);
      found[n].emplace_back(data.spike.time[s], data.spike.unit[s]);
    }
  }
  EXPECT_EQ(found, expected);
}

TEST(DatasetBuilder, TellsOfTrialsThatNoSpikeIsNear) {
  DatasetBuilder builder(two_features());
  const auto session = builder.add_session("cori", three_trials());
  builder.add_unit(session, {.id = 1, .region = "x"}, Times{10020.25, 10020.5});
  EXPECT_EQ(builder.tally(session).trials_outside, 3U);
}

TEST(DatasetBuilder, IsEmptyOnceItHasBuilt) {
  DatasetBuilder builder(two_features());
  for (int round = 0; round < 2; ++round) {
    const auto session = builder.add_session("cori", three_trials());
    EXPECT_EQ(session, 0);
    EXPECT_EQ(builder.add_unit(session, {.id = 1, .region = "x"}, Times{10}), 0);
    EXPECT_EQ(builder.build().spike.time, Times{0});
  }
  EXPECT_EQ(message([&] { (void)builder.build(); }),
            "dataset: session/name: is empty; at least one is needed");
}

struct Refused {
  const char* name;
  std::function<void(DatasetBuilder&)> add;  ///< to a builder with session 0 and its units 0, 1
  const char* message;                       ///< what follows "x: "
};

void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

TrialTable changed(const std::function<void(TrialTable&)>& change) {
  TrialTable trials = three_trials();
  change(trials);
  return trials;
}

class DatasetBuilderTest : public ::testing::TestWithParam<Refused> {};

TEST_P(DatasetBuilderTest, RefusesWithThePlaceAndIndex) {
  DatasetOptions options = two_features(0.125);
  options.source = "x";
  DatasetBuilder builder(options);
  const auto session = builder.add_session("cori", three_trials());
  builder.add_unit(session, {.id = 7, .region = "a"}, Times{10});
  builder.add_unit(session, {.id = 8, .region = "b"});
  EXPECT_EQ(message([&] { GetParam().add(builder); }), std::string("x: ") + GetParam().message);
  EXPECT_EQ(builder.build().units(), 2U) << "what was added before stays";
}

#define ADD(what) [](DatasetBuilder& builder) { what; }
#define ADD_TRIALS(what)                                                          \
  [](DatasetBuilder& builder) {                                                   \
    (void)builder.add_session("late", changed([](TrialTable& trials) { what; })); \
  }

constexpr double infinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Refuses, DatasetBuilderTest,
    ::testing::Values(
        Refused{"OnsetNaN", ADD_TRIALS(trials.onset[1] = nan),
                "session late: onset[1]: is not finite"},
        Refused{"OnsetShort", ADD_TRIALS(trials.onset.pop_back()),
                "session late: onset: has 2 values, not 3 (trials)"},
        Refused{"StimulusShort", ADD_TRIALS(trials.stimulus.pop_back()),
                "session late: trial/stimulus: has 5 values, not 6 (trials x features)"},
        Refused{"StimulusInfinite", ADD_TRIALS(trials.stimulus[5] = infinity),
                "session late: trial/stimulus[2,1]: is not finite"},
        Refused{"ChoiceForgotten", ADD_TRIALS(trials.choice.clear()),
                "session late: trial/choice: has 0 values, not 3 (trials)"},
        Refused{"Choice", ADD_TRIALS(trials.choice[2] = 5),
                "session late: trial/choice[2]: must be +1, -1 or 0, not 5"},
        Refused{"ResponseForgotten", ADD_TRIALS(trials.response_time.clear()),
                "session late: trial/response_time: has 0 values, not 3 (trials)"},
        Refused{"ResponseBeforeOnset", ADD_TRIALS(trials.response_time[1] = -0.5),
                "session late: trial/response_time[1]: must be a positive number of seconds or "
                "NaN, not -0.5"},
        Refused{"ObservedLong", ADD_TRIALS(trials.observed_until = Times(4, 0.25)),
                "session late: trial/observed_until: has 4 values, not 3 (trials)"},
        Refused{"ObservedPastLimit", ADD_TRIALS(trials.observed_until = Times(3, 0.75)),
                "session late: trial/observed_until[0]: 0.75 s lies outside (0, 0.5], up to "
                "time_limit"},
        Refused{"ObservedForLessThanABin", ADD_TRIALS(trials.response_time[2] = 0.0625),
                "session late: trial/observed_until[2]: 0 s lies outside (0, 0.5], up to "
                "time_limit"},
        Refused{"StimuliWithoutTrials",
                ADD((void)builder.add_session("late", {.stimulus = {1, 2}})),
                "session late: trial/session: holds no trial; at least one is needed"},
        Refused{"UnitOfNoSession", ADD(builder.add_unit(1, {.id = 1, .region = "a"})),
                "there is no session 1 (there are 1)"},
        Refused{"IdTwice", ADD(builder.add_unit(0, {.id = 7, .region = "a"})),
                "session cori: unit 7: was added before"},
        Refused{"NoRegion", ADD(builder.add_unit(0, {.id = 9})),
                "session cori: unit 9: names no region"},
        Refused{"SpikeNaN", ADD(builder.add_unit(0, {.id = 9, .region = "a"}, Times{1, nan})),
                "session cori: unit 9: spike_times[1]: is not finite"},
        Refused{"FurtherSpikeInfinite", ADD(builder.add_spikes(1, Times{-infinity})),
                "session cori: unit 8: spike_times[0]: is not finite"},
        Refused{"SpikesOfNoUnit", ADD(builder.add_spikes(2, Times{1})),
                "there is no unit 2 (there are 2)"},
        Refused{"SpikesOfManyUnits", ADD(builder.add_spikes(Times{1, 2}, Units{0, -1})),
                "spikes of many units: units[1]: there is no unit -1 (there are 2)"},
        Refused{"UnitsShort", ADD(builder.add_spikes(Times{1, 2}, Units{0})),
                "spikes of many units: units: has 1 values, not 2 (spikes)"},
        Refused{"SpikeOfManyNaN", ADD(builder.add_spikes(Times{nan}, Units{0})),
                "spikes of many units: spike_times[0]: is not finite"},
        Refused{"NoTrial", ADD(builder.add_trial_spikes(0, 3, Times{}, Units{})),
                "session cori: there is no trial 3 (there are 3)"},
        Refused{"TrialSpikeNaN", ADD(builder.add_trial_spikes(0, 2, Times{0, nan}, Units{0, 1})),
                "session cori: trial 2: spike_times[1]: is not finite"},
        Refused{"TrialUnitsLong", ADD(builder.add_trial_spikes(0, 2, Times{0}, Units{0, 1})),
                "session cori: trial 2: units: has 2 values, not 1 (spikes)"},
        Refused{"TrialUnit", ADD(builder.add_trial_spikes(0, 1, Times{0, 0}, Units{0, 2})),
                "session cori: trial 1: units[1]: the session has no unit 2"},
        Refused{"CountNegative",
                ADD(builder.add_trial_counts(0, 1, std::vector<BinCount>{{0, 1, -1}})),
                "session cori: trial 1: counts[0]: is negative"},
        Refused{"BinNegative",
                ADD(builder.add_trial_counts(0, 1, std::vector<BinCount>{{0, 1, 1}, {-1, 1, 1}})),
                "session cori: trial 1: counts[1]: its bin is negative"},
        Refused{"CountUnit", ADD(builder.add_trial_counts(0, 1, std::vector<BinCount>{{0, 4, 1}})),
                "session cori: trial 1: counts[0]: the session has no unit 4"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DatasetBuilder, RefusesWhatNoDatasetCanHave) {
  EXPECT_EQ(message([] { DatasetBuilder({.time_limit = -1, .stimulus_names = {"s"}}); }),
            "dataset: attribute time_limit: must be a positive number of seconds, not -1");
  EXPECT_EQ(message([] { DatasetBuilder({.time_limit = 1}); }),
            "dataset: stimulus/name: is empty; at least one is needed");

  DatasetBuilder exact(two_features());
  TrialTable trials = three_trials();
  trials.onset.clear();
  const auto session = exact.add_session("cori", trials);
  const auto unit = exact.add_unit(session, {.id = 5, .region = "x"});
  EXPECT_EQ(message([&] { exact.add_spikes(unit, Times{1}); }),
            "dataset: session cori: unit 5: the session has no onsets; add spikes trial by trial");
  EXPECT_EQ(message([&] { exact.add_trial_counts(session, 0, {}); }),
            "dataset: session cori: trial 0: counts are for datasets with a bin width");
  (void)exact.add_session("cori", trials);
  EXPECT_EQ(message([&] { (void)exact.build(); }),
            "dataset: session/name[1]: the name \"cori\" was there before");

  const auto second = exact.add_session("other", trials);
  exact.add_unit(second, {.id = 5, .region = "x"});
  TrialTable crowded;
  crowded.onset.assign(65, 1);
  crowded.stimulus.assign(130, 0);
  crowded.response_time.assign(65, nan);
  crowded.choice.assign(65, 0);
  EXPECT_THROW((void)exact.add_session("crowded", crowded), UsageError);

  DatasetBuilder binned(two_features(0.1));
  const auto full = binned.add_session("cori", three_trials());
  binned.add_unit(full, {.id = 5, .region = "x"});
  const std::int32_t most = std::numeric_limits<std::int32_t>::max();
  binned.add_trial_counts(full, 0, std::vector<BinCount>{{0, 0, most}, {0, 0, 1}});
  EXPECT_EQ(message([&] { (void)binned.build(); }),
            "dataset: trial 0: unit 0 has more spikes in a bin than 32-bit numbers count");
}

TEST(DatasetBuilder, WritesNothingOfWhatWasNeverGiven) {
  DatasetBuilder builder(two_features());
  (void)builder.add_session("empty", {});
  const auto session = builder.add_session("cori", three_trials());
  builder.add_unit(session, {.id = 1, .region = "x"});
  const Dataset data = builder.build();
  EXPECT_EQ(data.sessions(), 2U);
  EXPECT_TRUE(data.spike.time.empty());
  EXPECT_EQ(data.spike.offset, std::vector<std::int64_t>(4, 0));
}

}  // namespace
}  // namespace nnpoisson::testing
