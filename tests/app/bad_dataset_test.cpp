#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>

#include "app/damage.hpp"
#include "app/program.hpp"
#include "data/small_dataset.hpp"

namespace nnpoisson::app {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();

struct Broken {
  const char* name;
  std::function<void(const Damage&)> change;
  const char* message;  ///< what follows the file's name
};
void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

class SpikeFile : public ::testing::TestWithParam<Broken> {};
class CountFile : public ::testing::TestWithParam<Broken> {};

/// Whatever command reads the file says the same, and none leaves anything behind.
void expect_refused_by_all(const Dataset& data, const Broken& broken) {
  const auto folder = fresh_folder();
  const std::string file = (folder / "data.h5").string(), out = (folder / "out").string();
  write_dataset(file, data);
  broken.change(Damage(file));
  const std::string message = file + ": " + broken.message;
  expect_refused({"info", file}, 3, message);
  expect_refused({"train", "--quiet", "--train", file, "--out", out}, 3, message);
  expect_refused({"split", file, "--out-train", out, "--out-test", out + "2"}, 3, message);
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_P(SpikeFile, IsRefusedWithPathAndIndex) {
  expect_refused_by_all(testing::small_dataset(), GetParam());
}
TEST_P(CountFile, IsRefusedWithPathAndIndex) {
  expect_refused_by_all(testing::small_counts(), GetParam());
}

#define CHANGE(what) [](const Damage& file) { file.what; }

INSTANTIATE_TEST_SUITE_P(
    BadInput, SpikeFile,
    ::testing::Values(
        Broken{"NoFormat", CHANGE(remove_attribute("/", "format")),
               "/: attribute format is not \"nnpoisson-dataset\"; *"},
        Broken{"OtherFormat", CHANGE(attribute("/", "format", "photographs")),
               "/: attribute format is not \"nnpoisson-dataset\"; *"},
        Broken{"OtherVersion", CHANGE(attribute("/", "version", 2.0)), "/, attribute version: *"},
        Broken{"NoTimeLimit", CHANGE(remove_attribute("/", "time_limit")),
               "/, attribute time_limit: is missing"},
        Broken{"TimeLimitZero", CHANGE(attribute("/", "time_limit", 0.0)),
               "attribute time_limit: must be a positive number of seconds, not 0"},
        Broken{"TimeLimitText", CHANGE(attribute("/", "time_limit", "long")),
               "/, attribute time_limit: *"},
        Broken{"BinWidthNegative", CHANGE(attribute("/", "bin_width", -1.0)),
               "attribute bin_width: must be 0 or a positive number *"},
        Broken{"ClaimsCounts", CHANGE(attribute("/", "bin_width", 0.1)),
               "spike: must not be there where bin_width > 0; *"},
        Broken{"NoTrials", CHANGE(remove("trial")), "trial/session: is missing"},
        Broken{"NoUnits", CHANGE(remove("unit")), "unit/session: is missing"},
        Broken{"NoSpikes", CHANGE(remove("spike")), "spike/offset: is missing"},
        Broken{"NoRegionNames", CHANGE(remove("region/name")), "region/name: is missing"},
        Broken{"ZeroRegions", CHANGE(strings("region/name", {})),
               "region/name: is empty; at least one is needed"},
        Broken{"ZeroTrials", CHANGE(replace<std::int32_t>("trial/session", {})),
               "trial/stimulus: has the shape 3 x 2, not 0 x 2 *"},
        Broken{"NumbersAsText", CHANGE(strings("trial/choice", {"left", "none", "right"})),
               "trial/choice: *"},
        Broken{"TextAsNumbers", CHANGE(replace<std::int32_t>("region/name", {1, 2, 3})),
               "region/name: *"},
        Broken{"FractionsForUnits", CHANGE(replace<double>("spike/unit", {0, 0, 0, 1, 1.5})),
               "spike/unit: *"},
        Broken{"GroupForDataset", CHANGE(remove("spike/time")), "spike/time: is missing"},
        Broken{"FlatStimulus", CHANGE(replace<double>("trial/stimulus", {0, 1, 2, 3, 4, 5})),
               "trial/stimulus: *"},
        Broken{"StimulusTurned",
               CHANGE(replace<double>("trial/stimulus", {0, 1, 2, 3, 4, 5}, {2, 3})),
               "trial/stimulus: has the shape 2 x 3, not 3 x 2 (trials x features)"},
        Broken{"StimulusNaN", CHANGE(set<double>("trial/stimulus", 3, nan)),
               "trial/stimulus[1,1]: is not finite"},
        Broken{"ChoiceTooLarge", CHANGE(replace<std::int32_t>("trial/choice", {1, 300, 0})),
               "trial/choice: holds a number out of the range of 8-bit integers"},
        Broken{"Choice", CHANGE(set<std::int8_t>("trial/choice", 2, 2)),
               "trial/choice[2]: must be +1, -1 or 0, not 2"},
        Broken{"ResponseNegative", CHANGE(set<double>("trial/response_time", 0, -0.25)),
               "trial/response_time[0]: must be a positive number of seconds or NaN, not -0.25"},
        Broken{"ResponseInfinite", CHANGE(set<double>("trial/response_time", 2, infinity)),
               "trial/response_time[2]: must be a positive number of seconds or NaN, not inf"},
        Broken{"ObservedPastLimit", CHANGE(set<double>("trial/observed_until", 1, 0.75)),
               "trial/observed_until[1]: 0.75 s lies outside (0, 0.5], up to time_limit"},
        Broken{"ObservedShort", CHANGE(replace<double>("trial/observed_until", {0.25})),
               "trial/observed_until: has 1 values, not 3 (trials)"},
        Broken{"TrialOfNoSession", CHANGE(set<std::int32_t>("trial/session", 1, 2)),
               "trial/session[1]: there is no session 2 (there are 2)"},
        Broken{"UnitOfNoRegion", CHANGE(set<std::int32_t>("unit/region", 0, 3)),
               "unit/region[0]: there is no region 3 (there are 3)"},
        Broken{"UnitOfNegativeSession", CHANGE(set<std::int32_t>("unit/session", 2, -1)),
               "unit/session[2]: there is no session -1 (there are 2)"},
        Broken{"OffsetShort", CHANGE(replace<std::int64_t>("spike/offset", {0, 5})),
               "spike/offset: has 2 values, not 4 (trials + 1)"},
        Broken{
            "OffsetOverflows",
            CHANGE(set<std::int64_t>("spike/offset", 3, std::numeric_limits<std::int64_t>::max())),
            "spike/offset[3]: must be the number of entries, 5, not 9223372036854775807"},
        Broken{"OffsetNegative", CHANGE(set<std::int64_t>("spike/offset", 1, -1)),
               "spike/offset[1]: -1 is smaller than the one before, 0"},
        Broken{"OffsetPastTheEnd", CHANGE(set<std::int64_t>("spike/offset", 2, 6)),
               "spike/offset[3]: 5 is smaller than the one before, 6"},
        Broken{"SpikesUnsorted", CHANGE(set<double>("spike/time", 3, 0.125)),
               "spike/time[3]: 0.125 s comes after 0.25 s; *"},
        Broken{"SpikeNegative", CHANGE(set<double>("spike/time", 0, -0.5)),
               "spike/time[0]: -0.5 s lies outside [0, 0.25), where trial 0 was observed"},
        Broken{"SpikeNaN", CHANGE(set<double>("spike/time", 4, nan)),
               "spike/time[4]: nan s lies outside [0, 0.5), where trial 2 was observed"},
        Broken{"SpikeAfterTheEnd", CHANGE(set<double>("spike/time", 1, infinity)),
               "spike/time[1]: inf s lies outside [0, 0.25), *"},
        Broken{"SpikeOfNoUnit", CHANGE(set<std::int32_t>("spike/unit", 4, 3)),
               "spike/unit[4]: there is no unit 3 (there are 3)"},
        Broken{"SpikeOfOtherSession", CHANGE(set<std::int32_t>("spike/unit", 2, 2)),
               "spike/unit[2]: unit 2 is of session 1, the trial of session 0"},
        Broken{"HalfAFile", CHANGE(truncate(0.5)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"AlmostAllOfAFile", CHANGE(truncate(0.999)),
               "is not an HDF5 file, or was cut off (*)"},
        Broken{"EmptyFile", CHANGE(truncate(0)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"Noise", CHANGE(noise(5000, 1)), "is not an HDF5 file, or was cut off (*)"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    BadInput, CountFile,
    ::testing::Values(
        Broken{"NoCounts", CHANGE(remove("count")), "count/offset: is missing"},
        Broken{"ClaimsSpikes", CHANGE(attribute("/", "bin_width", 0.0)),
               "count: must not be there where bin_width is 0; *"},
        Broken{"BinPastTheEnd", CHANGE(set<std::int32_t>("count/bin", 1, 5)),
               "count/bin[1]: bin 5 lies outside [0, 0.25) s, where trial 0 was observed"},
        Broken{"BinsUnsorted", CHANGE(set<std::int32_t>("count/bin", 3, 4)),
               "count/bin[3]: bin 4 comes after bin 5; bins must ascend inside trial 2"},
        Broken{"CountZero", CHANGE(set<std::int32_t>("count/value", 2, 0)),
               "count/value[2]: must be 1 or more, not 0"},
        Broken{"CountNegative", CHANGE(set<std::int32_t>("count/value", 0, -2)),
               "count/value[0]: must be 1 or more, not -2"},
        Broken{"CountTooLarge", CHANGE(replace<double>("count/value", {1, 2, 1e300, 3})),
               "count/value: *"},
        Broken{"BinWidthTiny", CHANGE(attribute("/", "bin_width", 1e-320)),
               "attribute bin_width: * s makes more bins of the time limit than 32-bit numbers "
               "count"}),
    [](const auto& test) { return std::string(test.param.name); });

/// Bytes changed at random: either the change is seen and told in one line, or the file still says
/// something that can be used.
class DamagedFile : public ::testing::TestWithParam<int> {};
TEST_P(DamagedFile, NeverEndsTheProgramOtherwise) {
  const auto folder = fresh_folder();
  const std::string file = (folder / "data.h5").string();
  for (int round = 0; round < 4; ++round) {
    const int seed = 4 * GetParam() + round;
    write_dataset(file, seed % 2 == 0 ? testing::small_dataset() : testing::small_counts());
    Damage(file).flip(static_cast<std::size_t>(1) << (seed % 8), seed);
    const Ended ended = run({"info", file});
    EXPECT_EQ(ended.signal, 0) << "seed " << seed;
    EXPECT_TRUE(ended.status == 0 || ended.status == 3)
        << "seed " << seed << ": " << ended.status << "\n"
        << ended.err;
    if (ended.status == 0) continue;
    EXPECT_TRUE(ended.err.starts_with("nnpoisson: " + file + ": "))
        << "seed " << seed << ": " << ended.err;
    EXPECT_EQ(ended.err.find('\n') + 1, ended.err.size()) << "seed " << seed << ": " << ended.err;
  }
}
INSTANTIATE_TEST_SUITE_P(BadInput, DamagedFile, ::testing::Range(0, 12));

}  // namespace
}  // namespace nnpoisson::app
