#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <ostream>

#include "app/damage.hpp"
#include "app/program.hpp"
#include "data/nwb_writer.hpp"
#include "data/small_dataset.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

struct Broken {
  const char* name;
  std::function<void(const Damage&)> change;
  const char* message;  ///< what follows the file's name
};
void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

class NwbFile : public ::testing::TestWithParam<Broken> {};

TEST_P(NwbFile, IsRefusedWithPathAndIndex) {
  const fs::path folder = fresh_folder(), file = folder / "mouse.nwb", out = folder / "out.h5";
  testing::write_small_nwb(file);
  GetParam().change(Damage(file));
  expect_refused({"import", "nwb", file, "--time-limit", "1", "--out", out}, 3,
                 file.string() + ": " + GetParam().message);
  EXPECT_FALSE(fs::exists(out));
}

#define CHANGE(what) [](const Damage& file) { file.what; }

INSTANTIATE_TEST_SUITE_P(
    BadInput, NwbFile,
    ::testing::Values(
        Broken{"NoVersion", CHANGE(remove_attribute("/", "nwb_version")),
               "is not an NWB file: it has no attribute nwb_version"},
        Broken{"OtherVersion", CHANGE(attribute("/", "nwb_version", "3.0")),
               "is of NWB 3.0; NWB 2 can be read"},
        Broken{"VersionNumber", CHANGE(attribute("/", "nwb_version", 2.0)),
               "/, attribute nwb_version: must be a string type"},
        Broken{"NoUnits", CHANGE(remove("units")),
               "units: is missing; the file holds no sorted spikes"},
        Broken{"NoUnitIds", CHANGE(remove("units/id")),
               "units: is missing or is no table: it has no id"},
        Broken{"NoSpikes", CHANGE(remove("units/spike_times")), "units/spike_times: is missing"},
        Broken{"NoIndex", CHANGE(remove("units/spike_times_index")),
               "units/spike_times_index: is missing"},
        Broken{"SpikesOfText", CHANGE(strings("units/spike_times", {"a"})),
               "units/spike_times: must be a number type"},
        Broken{"SpikesOfTwoDimensions",
               CHANGE(replace<double>("units/spike_times", {1, 2}, {2, 1})),
               "units/spike_times: has 2 dimensions, not 1"},
        Broken{"SpikeInfinite",
               CHANGE(set("units/spike_times", 4, std::numeric_limits<double>::infinity())),
               "units/spike_times[4]: is not finite"},
        Broken{"IndexFalls", CHANGE(set("units/spike_times_index", 1, std::int32_t{3})),
               "units/spike_times_index[1]: 3 does not ascend, or is past the last of 7 values"},
        Broken{"IndexNegative", CHANGE(set("units/spike_times_index", 0, std::int32_t{-1})),
               "units/spike_times_index[0]: -1 does not ascend, or is past the last of 7 values"},
        Broken{"IndexPastTheEnd", CHANGE(set("units/spike_times_index", 2, std::int32_t{8})),
               "units/spike_times_index[2]: 8 does not ascend, or is past the last of 7 values"},
        Broken{"IndexShort", CHANGE(replace<std::int32_t>("units/spike_times_index", {4, 7})),
               "units/spike_times_index: has 2 values, not one for each of 3 rows"},
        Broken{"IndexOfReals", CHANGE(replace<double>("units/spike_times_index", {4, 6, 7})),
               "units/spike_times_index: must be an integer type"},
        Broken{"Electrode", CHANGE(set("units/electrodes", 1, std::int64_t{2})),
               "units/electrodes[1]: there is no electrode 2 (there are 2)"},
        Broken{"NoTrials", CHANGE(remove("intervals")),
               "intervals/trials: is missing; give the trials with --trials FILE.csv "
               "(docs/importing.md)"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Import, DamagedNwbFilesEndInOneLine) {
  const fs::path folder = fresh_folder(), file = folder / "mouse.nwb", out = folder / "out.h5";
  for (const double fraction : {0.0, 0.1, 0.5, 0.99}) {
    testing::write_small_nwb(file);
    Damage(file).truncate(fraction);
    expect_refused({"import", "nwb", file, "--time-limit", "1", "--out", out}, 3, "*");
  }
  for (int seed = 0; seed < 40; ++seed) {
    testing::write_small_nwb(file);
    Damage(file).flip(8, seed);
    const Ended ended = run({"import", "nwb", file, "--time-limit", "1", "--out", out});
    EXPECT_TRUE(ended.status == 0 || ended.status == 2 || ended.status == 3)
        << seed << ": " << ended.status << "\n"
        << ended.err;
  }
}

TEST(Import, WhatCannotBeAskedIsRefused) {
  const fs::path folder = fresh_folder();
  const std::string file = folder / "mouse.nwb", out = folder / "out.h5";
  testing::write_small_nwb(file);
  const auto refused = [&](std::vector<std::string> words, int status, const std::string& message) {
    words.insert(words.begin(), "import");
    words.insert(words.end(), {"--out", out});
    expect_refused(words, status, message);
    EXPECT_FALSE(fs::exists(out));
  };
  refused(
      {"nwb", file}, 2,
      file + ": has exact spike times; give --time-limit, the longest time to look at in seconds");
  refused({"nwb", file, "--time-limit", "-1"}, 2,
          "the time limit must be a positive number of seconds");
  refused({"nwb", file, "--time-limit", "1", "--bin-width", "-1"}, 2,
          "the bin width must be a positive number of seconds");
  refused({"nwb", file, "--time-limit", "1", "--map", "onset"}, 2,
          "--map onset: give WHAT=COLUMN, as onset=stim_on_time");
  refused({"nwb", file, "--time-limit", "1", "--map", "onset=when"}, 3,
          file + ": intervals/trials: has no column when; there are: *");
  refused({"nwb", file, "--time-limit", "1", "--region", "CA3"}, 2,
          "no recording has the region \"CA3\"; there are: CA1, VISp");
  refused({"nwb", file, "--time-limit", "1", "--trials", out}, 4,
          out + ": cannot be opened (No such file or directory)");
  refused({"nwb", file, "--time-limit", "1", "--trials-where", "contrast > 9"}, 3,
          "the imported recordings: trial/session: holds no trial; *");
  refused({"nwb", file, "--time-limit", "1", "--trials-table", "epochs"}, 3,
          file + ": intervals/epochs: is missing; *, or name another table *: trials");
  refused({"nwb", folder / "absent.nwb", "--time-limit", "1"}, 4,
          "*absent.nwb: cannot be opened (No such file or directory)");
  refused({"alf", file, "--time-limit", "1"}, 4,
          file + ": is not a folder; give the folder of one session");
  refused({"alf", folder, "--time-limit", "1"}, 3,
          folder.string() + "/trials.visualStim_times.npy: is missing; *");
  refused({"alf", folder, "--time-limit", "1", "--response", "lick"}, 2,
          "--response: must be registered or movement, not \"lick\"");
  refused({"nma", file}, 3, file + ": is not a NumPy archive (.npz), or was cut off *");
  expect_refused({"import", "nwb", file, "--time-limit", "1", "--out", file}, 2,
                 file + ": is named twice; *");
}

TEST(Export, NamesItsSession) {
  const fs::path folder = fresh_folder();
  const std::string data = folder / "data.h5", out = folder / "out.nwb";
  write_dataset(data, testing::small_dataset());
  expect_refused({"export", "nwb", data, "--out", out}, 2,
                 "an NWB file holds one session; name it with --session; there are: first, second");
  expect_refused({"export", "nwb", data, "--out", out, "--session", "third"}, 2,
                 "there is no session \"third\"; there are: first, second");
  expect_refused({"export", "nwb", data, "--out", data, "--session", "first"}, 2,
                 data + ": is named twice; *");
  EXPECT_FALSE(fs::exists(out));
  expect_done({"export", "nwb", data, "--out", out, "--session", "first"});
  expect_done({"import", "nwb", out, "--time-limit", "0.5", "--out", folder / "back.h5"});
  const Dataset back = read_dataset(folder / "back.h5");
  EXPECT_EQ(back.spike.time, testing::small_dataset().spike.time);
  EXPECT_EQ(back.trial.choice, (std::vector<std::int8_t>{1, -1}));
}

TEST(Export, TrialsKeepTheirNumbers) {
  const fs::path folder = fresh_folder();
  const std::string data = folder / "data.h5", out = folder / "out.nwb";
  write_dataset(data, testing::with_places(testing::small_dataset()));
  expect_done({"export", "nwb", data, "--out", out, "--session", "first"});
  EXPECT_EQ(Hdf5Reader(out).numbers<std::int64_t>("intervals/trials/id", 1),
            (std::vector<std::int64_t>{4, 2}));
}

TEST(Split, TrialsKeepTheirPlaces) {
  using Places = std::vector<std::int64_t>;
  const fs::path folder = fresh_folder(), data = folder / "data.h5", train = folder / "train.h5",
                 test = folder / "test.h5";
  for (const bool told : {false, true}) {
    write_dataset(data,
                  told ? testing::with_places(testing::small_dataset()) : testing::small_dataset());
    expect_done({"split", data, "--test", "0.5", "--out-train", train, "--out-test", test});
    Places number;
    for (const fs::path& file : {train, test}) {
      const Dataset part = read_dataset(file);
      EXPECT_EQ(part.session_trials, (told ? Places{6, 1} : Places{2, 1}));
      for (std::size_t n = 0; n < part.trials(); ++n)
        if (part.trial.session[n] == 0) number.push_back(part.trial.number.at(n));
    }
    std::sort(number.begin(), number.end());
    EXPECT_EQ(number, (told ? Places{2, 4} : Places{0, 1}));
  }
}

TEST(Import, ChecksAreShown) {
  const fs::path folder = fresh_folder(), file = folder / "mouse.nwb", out = folder / "out.h5";
  testing::write_small_nwb(file);
  expect_done({"import", "nwb", file, "--time-limit", "1", "--out", out});
  const std::string text = expect_done({"info", "--check", out}).out;
  EXPECT_NE(
      text.find("\nfew-units              2 regions with fewer than 5 units: CA1 (2), VISp (1)\n"),
      std::string::npos)
      << text;
  const std::string json = expect_done({"info", "--check", "--json", out}).out;
  EXPECT_NE(json.find("\"what\": \"few-trials\""), std::string::npos) << json;
  EXPECT_EQ(expect_done({"info", out}).out.find("few-units"), std::string::npos);
}

}  // namespace
}  // namespace nnpoisson::app
