#include <functional>

#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

struct Broken {
  const char* name;
  std::function<void(Dataset&)> change;
  const char* message;  ///< what follows the file's name
};

void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

class Exact : public ::testing::TestWithParam<Broken> {};
class Placed : public ::testing::TestWithParam<Broken> {};
class Binned : public ::testing::TestWithParam<Broken> {};

void expect_refused(Dataset data, const Broken& broken) {
  data.source = "x.h5";
  validate(data);
  broken.change(data);
  EXPECT_EQ(message([&] { validate(data); }), std::string("x.h5: ") + broken.message);
}

TEST_P(Exact, IsRefusedWithPathAndIndex) {
  expect_refused(small_dataset(), GetParam());
}
TEST_P(Placed, IsRefusedWithPathAndIndex) {
  expect_refused(with_places(small_dataset()), GetParam());
}
TEST_P(Binned, IsRefusedWithPathAndIndex) {
  expect_refused(small_counts(), GetParam());
}

constexpr double infinity = std::numeric_limits<double>::infinity();

#define CHANGE(what) [](Dataset& data) { what; }

INSTANTIATE_TEST_SUITE_P(
    Validation, Exact,
    ::testing::Values(
        Broken{"NoTimeLimit", CHANGE(data.time_limit = 0),
               "attribute time_limit: must be a positive number of seconds, not 0"},
        Broken{"EndlessTimeLimit", CHANGE(data.time_limit = infinity),
               "attribute time_limit: must be a positive number of seconds, not inf"},
        Broken{"TimeLimitNaN", CHANGE(data.time_limit = nan),
               "attribute time_limit: must be a positive number of seconds, not nan"},
        Broken{"NegativeBinWidth", CHANGE(data.bin_width = -1),
               "attribute bin_width: must be 0 or a positive number of seconds, not -1"},
        Broken{"NoSession", CHANGE(data.session_names = {}),
               "session/name: is empty; at least one is needed"},
        Broken{"NoRegion", CHANGE(data.region_names = {}),
               "region/name: is empty; at least one is needed"},
        Broken{"NoStimulus", CHANGE(data.stimulus_names = {}),
               "stimulus/name: is empty; at least one is needed"},
        Broken{"SessionTwice", CHANGE(data.session_names[1] = "first"),
               "session/name[1]: the name \"first\" was there before"},
        Broken{"RegionTwice", CHANGE(data.region_names[2] = "b"),
               "region/name[2]: the name \"b\" was there before"},
        Broken{"StimulusTwice", CHANGE(data.stimulus_names[1] = "left"),
               "stimulus/name[1]: the name \"left\" was there before"},
        Broken{"EmptyName", CHANGE(data.region_names[0] = ""), "region/name[0]: is an empty name"},
        Broken{"LineBreakInName", CHANGE(data.region_names[0] = "a\nb"),
               "region/name[0]: holds a control character"},
        Broken{"NoTrial", CHANGE(data.trial = {}),
               "trial/session: holds no trial; at least one is needed"},
        Broken{"StimulusShort", CHANGE(data.trial.stimulus.pop_back()),
               "trial/stimulus: has 5 values, not 6 (trials x features)"},
        Broken{"ResponseShort", CHANGE(data.trial.response_time.pop_back()),
               "trial/response_time: has 2 values, not 3 (trials)"},
        Broken{"ChoiceLong", CHANGE(data.trial.choice.push_back(0)),
               "trial/choice: has 4 values, not 3 (trials)"},
        Broken{"ObservedShort", CHANGE(data.trial.observed_until.clear()),
               "trial/observed_until: has 0 values, not 3 (trials)"},
        Broken{"TrialSession", CHANGE(data.trial.session[1] = 2),
               "trial/session[1]: there is no session 2 (there are 2)"},
        Broken{"TrialSessionNegative", CHANGE(data.trial.session[0] = -1),
               "trial/session[0]: there is no session -1 (there are 2)"},
        Broken{"StimulusNaN", CHANGE(data.trial.stimulus[3] = nan),
               "trial/stimulus[1,1]: is not finite"},
        Broken{"ResponseInfinite", CHANGE(data.trial.response_time[1] = infinity),
               "trial/response_time[1]: must be a positive number of seconds or NaN, not inf"},
        Broken{"ResponseZero", CHANGE(data.trial.response_time[0] = 0),
               "trial/response_time[0]: must be a positive number of seconds or NaN, not 0"},
        Broken{"Choice", CHANGE(data.trial.choice[2] = 2),
               "trial/choice[2]: must be +1, -1 or 0, not 2"},
        Broken{"ObservedZero", CHANGE(data.trial.observed_until[1] = 0),
               "trial/observed_until[1]: 0 s lies outside (0, 0.5], up to time_limit"},
        Broken{"ObservedPastLimit", CHANGE(data.trial.observed_until[1] = 0.75),
               "trial/observed_until[1]: 0.75 s lies outside (0, 0.5], up to time_limit"},
        Broken{"ObservedNaN", CHANGE(data.trial.observed_until[1] = nan),
               "trial/observed_until[1]: nan s lies outside (0, 0.5], up to time_limit"},
        Broken{"UnitRegionShort", CHANGE(data.unit.region.pop_back()),
               "unit/region: has 2 values, not 3 (units)"},
        Broken{"UnitIdLong", CHANGE(data.unit.id.push_back(0)),
               "unit/id: has 4 values, not 3 (units)"},
        Broken{"UnitSession", CHANGE(data.unit.session[2] = 5),
               "unit/session[2]: there is no session 5 (there are 2)"},
        Broken{"UnitRegion", CHANGE(data.unit.region[0] = -3),
               "unit/region[0]: there is no region -3 (there are 3)"},
        Broken{"OffsetShort", CHANGE(data.spike.offset.pop_back()),
               "spike/offset: has 3 values, not 4 (trials + 1)"},
        Broken{"OffsetStart", CHANGE(data.spike.offset[0] = 1),
               "spike/offset[0]: must be 0, not 1"},
        Broken{"OffsetFalls", CHANGE(data.spike.offset[2] = 1),
               "spike/offset[2]: 1 is smaller than the one before, 2"},
        Broken{"OffsetOverflows",
               CHANGE(data.spike.offset[3] = std::numeric_limits<std::int64_t>::max()),
               "spike/offset[3]: must be the number of entries, 5, not 9223372036854775807"},
        Broken{"OffsetInsideOverflows", CHANGE(data.spike.offset[1] = 6),
               "spike/offset[2]: 2 is smaller than the one before, 6"},
        Broken{"SpikeUnitShort", CHANGE(data.spike.unit.pop_back()),
               "spike/unit: has 4 values, not 5 (spikes)"},
        Broken{"SpikeNaN", CHANGE(data.spike.time[0] = nan),
               "spike/time[0]: nan s lies outside [0, 0.25), where trial 0 was observed"},
        Broken{"SpikeNegative", CHANGE(data.spike.time[0] = -0.5),
               "spike/time[0]: -0.5 s lies outside [0, 0.25), where trial 0 was observed"},
        Broken{"SpikeAtTheEnd", CHANGE(data.spike.time[1] = 0.25),
               "spike/time[1]: 0.25 s lies outside [0, 0.25), where trial 0 was observed"},
        Broken{"SpikesUnsorted", CHANGE(data.spike.time[3] = 0.125),
               "spike/time[3]: 0.125 s comes after 0.25 s; times must ascend inside trial 2"},
        Broken{"SpikeUnitAbsent", CHANGE(data.spike.unit[4] = 3),
               "spike/unit[4]: there is no unit 3 (there are 3)"},
        Broken{"SpikeUnitNegative", CHANGE(data.spike.unit[4] = -1),
               "spike/unit[4]: there is no unit -1 (there are 3)"},
        Broken{"SpikeOfAnotherSession", CHANGE(data.spike.unit[2] = 2),
               "spike/unit[2]: unit 2 is of session 1, the trial of session 0"},
        Broken{"CountsToo", CHANGE(data.count.offset = {0}),
               "count: is not for exact spike times (bin_width 0)"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Validation, Placed,
    ::testing::Values(
        Broken{"NumberShort", CHANGE(data.trial.number.pop_back()),
               "trial/number: has 2 values, not 3 (trials)"},
        Broken{"CountsLong", CHANGE(data.session_trials.push_back(1)),
               "session/trials: has 3 values, not 2 (sessions)"},
        Broken{"NumberNegative", CHANGE(data.trial.number[1] = -1),
               "trial/number[1]: must be a number from 0 to 2147483646, not -1"},
        Broken{"NumberHuge",
               [](Dataset& data) {
                 data.trial.number[2] = std::numeric_limits<std::int64_t>::max();
                 data.session_trials = {};
               },
               "trial/number[2]: must be a number from 0 to 2147483646, not 9223372036854775807"},
        Broken{"CountNegative", CHANGE(data.session_trials[0] = -1),
               "session/trials[0]: must be a number from 0 to 2147483647, not -1"},
        Broken{"CountHuge", CHANGE(data.session_trials[1] = 2147483648),
               "session/trials[1]: must be a number from 0 to 2147483647, not 2147483648"},
        Broken{"NumberPastTheSession", CHANGE(data.session_trials[0] = 4),
               "trial/number[0]: 4 is past the last of the 4 trials that its session had "
               "(session/trials); numbers count from 0"},
        Broken{"SessionOfNone", CHANGE(data.session_trials[1] = 0),
               "trial/number[1]: 0 is past the last of the 0 trials that its session had "
               "(session/trials); numbers count from 0"},
        Broken{"NumberTwice", CHANGE(data.trial.number[2] = 4),
               "trial/number[2]: 4 is the number of trial 0 too; a number may be there once in a "
               "session"},
        Broken{"NumberTwiceUncounted",
               [](Dataset& data) {
                 data.trial.number[2] = 4;
                 data.session_trials = {};
               },
               "trial/number[2]: 4 is the number of trial 0 too; a number may be there once in a "
               "session"},
        Broken{"FewerThanHere",
               [](Dataset& data) {
                 data.trial.number = {};
                 data.session_trials[0] = 1;
               },
               "session/trials[0]: must be 2 or more, the trials that the session has here, not "
               "1"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Validation, Binned,
    ::testing::Values(
        Broken{"SpikesToo", CHANGE(data.spike.time = {0}),
               "spike: is not for counts in bins (bin_width > 0)"},
        Broken{"BinWidthInfinite", CHANGE(data.bin_width = infinity),
               "attribute bin_width: must be 0 or a positive number of seconds, not inf"},
        Broken{"UnitShort", CHANGE(data.count.unit.pop_back()),
               "count/unit: has 3 values, not 4 (entries)"},
        Broken{"ValueLong", CHANGE(data.count.value.push_back(1)),
               "count/value: has 5 values, not 4 (entries)"},
        Broken{"OffsetEnd", CHANGE(data.count.offset[3] = 3),
               "count/offset[3]: must be the number of entries, 4, not 3"},
        Broken{"BinNegative", CHANGE(data.count.bin[0] = -1),
               "count/bin[0]: bin -1 lies outside [0, 0.25) s, where trial 0 was observed"},
        Broken{"BinAtTheEnd", CHANGE(data.count.bin[1] = 5),
               "count/bin[1]: bin 5 lies outside [0, 0.25) s, where trial 0 was observed"},
        Broken{"BinLargest", CHANGE(data.count.bin[3] = std::numeric_limits<std::int32_t>::max()),
               "count/bin[3]: bin 2147483647 lies outside [0, 0.5) s, where trial 2 was observed"},
        Broken{"BinCutByTheEnd", CHANGE(data.trial.observed_until[0] = 0.2499),
               "count/bin[1]: bin 4 lies outside [0, 0.2499) s, where trial 0 was observed"},
        Broken{"BinsUnsorted", CHANGE(data.count.bin[3] = 4),
               "count/bin[3]: bin 4 comes after bin 5; bins must ascend inside trial 2"},
        Broken{"CellTwice", CHANGE(data.count.bin[3] = 5),
               "count/unit[3]: unit 1 has a second entry for bin 5 of trial 2"},
        Broken{"Zero", CHANGE(data.count.value[2] = 0), "count/value[2]: must be 1 or more, not 0"},
        Broken{"OtherSession", CHANGE(data.count.unit[2] = 2),
               "count/unit[2]: unit 2 is of session 1, the trial of session 0"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Validation, AllowsWhatTheLayoutAllows) {
  Dataset silent = small_dataset();
  silent.spike.offset = {0, 0, 0, 0};
  silent.spike.time.clear();
  silent.spike.unit.clear();
  EXPECT_NO_THROW(validate(silent));
  silent.unit = {};
  EXPECT_NO_THROW(validate(silent));
}

TEST(Validation, PlacesMayBeToldInPart) {
  Dataset data = with_places(small_dataset());
  data.session_trials = {};
  EXPECT_NO_THROW(validate(data));
  data = small_dataset();
  data.session_trials = {2, 9};
  EXPECT_NO_THROW(validate(data));
  data.trial.number = {1, 1, 0};  // of two sessions
  EXPECT_NO_THROW(validate(data));
}

}  // namespace
}  // namespace nnpoisson::testing
