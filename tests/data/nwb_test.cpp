#include <hdf5.h>

#include <fstream>
#include <limits>
#include <random>

#include "data/spike_windows.hpp"
#include "nnpoisson/import.hpp"
#include "nwb_writer.hpp"
#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

namespace fs = std::filesystem;

class Nwb : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    file = folder / "mouse.nwb";
    write_small_nwb(file);
    options.time_limit = 1;
  }
  [[nodiscard]] Imported import() const { return import_nwb(std::vector{file}, options); }
  [[nodiscard]] fs::path csv(const std::string& text) const {
    std::ofstream(folder / "trials.csv", std::ios::binary) << text;
    return folder / "trials.csv";
  }
  /// Something done to the file by HDF5 itself.
  template <class Change>
  void change(Change&& with) const {
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    with(id);
    H5Fclose(id);
  }
  fs::path file;
  NwbImport options;
};

TEST_F(Nwb, GuessesColumnsAndSaysSo) {
  const Imported imported = import();
  const Dataset& data = imported.data;
  EXPECT_EQ(data.session_names, std::vector<std::string>{"mouse"});
  EXPECT_EQ(data.region_names, (std::vector<std::string>{"CA1", "VISp"}));
  EXPECT_EQ(data.unit.region, (std::vector<std::int32_t>{1, 0, 0}));
  EXPECT_EQ(data.unit.id, (std::vector<std::int64_t>{10, 11, 12}));
  EXPECT_EQ(data.stimulus_names,
            (std::vector<std::string>{"contrast", "stimulus_side=left", "stimulus_side=right"}));
  EXPECT_EQ(data.trial.stimulus, (std::vector<double>{0.5, 1, 0, 1, 0, 1, 0.25, 1, 0}));
  EXPECT_EQ(data.trial.choice, (std::vector<std::int8_t>{1, -1, 0}));
  EXPECT_EQ(data.trial.response_time[0], 0.75);
  EXPECT_EQ(data.trial.response_time[1], 1.5);
  EXPECT_TRUE(std::isnan(data.trial.response_time[2]));
  EXPECT_EQ(data.trial.observed_until, (std::vector<double>{0.75, 1, 1}));
  EXPECT_EQ(data.spike.offset, (std::vector<std::int64_t>{0, 3, 5, 6}));
  EXPECT_EQ(data.spike.time, (std::vector<double>{0, 0.25, 0.5, 0.125, 0.5, 0.25}));
  EXPECT_EQ(data.spike.unit, (std::vector<std::int32_t>{0, 0, 1, 2, 0, 1}));
  EXPECT_EQ(imported.notes.size(), 5U);
  EXPECT_EQ(imported.notes.front(),
            "onset: stim_on_time (guessed; --map onset=COLUMN for another)");
}

TEST_F(Nwb, ColumnsCanBeNamed) {
  options.columns = {{"onset", "start_time"},
                     {"reaction", "contrast"},
                     {"choice", "stimulus_side"},
                     {"stimulus", "id,contrast"},
                     {"region", "quality"}};
  options.left = "right";
  const Dataset data = import().data;
  EXPECT_EQ(data.stimulus_names, (std::vector<std::string>{"id", "contrast"}));
  EXPECT_EQ(data.trial.choice, (std::vector<std::int8_t>{0, 1, 0}));
  EXPECT_EQ(data.trial.response_time, (std::vector<double>{0.5, 1, 0.25}));
  EXPECT_EQ(data.region_names, (std::vector<std::string>{"good", "noise"}));
  EXPECT_EQ(data.spike.time, (std::vector<double>{0, 0.625}));
  options.columns["response"] = "response_time";
  EXPECT_THROW((void)import(), UsageError);
  options.columns = {{"onset", "lick_times"}};
  EXPECT_EQ(message([&] { (void)import(); }),
            file.string() +
                ": intervals/trials: lick_times: does not hold one number or text for each row; "
                "name another column");
  options.columns = {{"onset", "stimulus_side"}};
  EXPECT_EQ(
      message([&] { (void)import(); }),
      file.string() + ": intervals/trials/stimulus_side: holds texts; name a column of numbers");
  options.columns = {{"onsets", "start_time"}};
  EXPECT_THROW((void)import(), UsageError);
}

TEST_F(Nwb, ConditionsChooseUnitsAndTrials) {
  options.units_where = {"quality == good", "id<12"};
  options.trials_where = {"contrast >= 0.5"};
  const Imported imported = import();
  EXPECT_EQ(imported.data.unit.id, std::vector<std::int64_t>{10});
  EXPECT_EQ(imported.data.region_names, std::vector<std::string>{"VISp"});
  EXPECT_EQ(imported.data.trials(), 2U);
  EXPECT_EQ(imported.excluded, 1U);
  EXPECT_EQ(imported.data.trial.number, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(imported.data.session_trials, std::vector<std::int64_t>{3});
  EXPECT_EQ(imported.data.spike.time, (std::vector<double>{0, 0.25, 0.5}));
  options.trials_where = {"contrast != 0.5"};
  EXPECT_EQ(import().data.trial.number, (std::vector<std::int64_t>{1, 2}));
  for (const char* wrong : {"quality", "== 3", "quality < good", "id == many"}) {
    options.units_where = {wrong};
    EXPECT_THROW((void)import(), UsageError) << wrong;
  }
  options.units_where = {"depth > 3"};
  EXPECT_EQ(message([&] { (void)import(); }),
            file.string() + ": units: has no column depth; there are: id, quality");
}

TEST_F(Nwb, TimesCanBeCountedInBins) {
  options.bin_width = 0.25;
  const Dataset data = import().data;
  EXPECT_EQ(data.count.offset, (std::vector<std::int64_t>{0, 3, 5, 6}));
  EXPECT_EQ(data.count.bin, (std::vector<std::int32_t>{0, 1, 2, 0, 2, 1}));
  EXPECT_EQ(data.count.value, std::vector<std::int32_t>(6, 1));
  options.bin_width = 0.5;
  const Dataset wide = import().data;
  EXPECT_EQ(wide.trial.observed_until, (std::vector<double>{0.5, 1, 1}));
  EXPECT_EQ(wide.count.value, (std::vector<std::int32_t>{2, 1, 1, 1}));
}

TEST_F(Nwb, FilesAreJoinedAndTextsAreLevelsOfAll) {
  fs::copy(file, folder / "rat.nwb");
  options.trials_files = {"one.csv", "two.csv"};
  EXPECT_THROW((void)import(), UsageError);  // two tables for one file
  options.trials_files = {
      csv("stimulus_onset,stimulus_image,choice\n1,cat,1\n3,\"dog, grey\",-1\n5,cat,0\n")};
  const Dataset data = import().data;
  EXPECT_EQ(data.stimulus_names,
            (std::vector<std::string>{"stimulus_image=cat", "stimulus_image=dog, grey"}));
  options.trials_files.push_back(folder / "other.csv");
  std::ofstream(options.trials_files[1])
      << "choice,stimulus_onset,stimulus_image\r\n\r\n-1,3,bird\r\n";
  const Dataset both = import_nwb(std::vector{file, folder / "rat.nwb"}, options).data;
  EXPECT_EQ(both.session_names, (std::vector<std::string>{"mouse", "rat"}));
  EXPECT_EQ(both.stimulus_names.front(), "stimulus_image=bird");
  EXPECT_EQ(both.trials(), 4U);
  EXPECT_EQ(both.units(), 6U);
  EXPECT_EQ(both.spike.unit.back(), 3);
}

TEST_F(Nwb, TextTablesAreRefusedByLine) {
  const auto refused = [&](const std::string& text) {
    options.trials_files = {csv(text)};
    return message([&] { (void)import(); }).substr(options.trials_files[0].string().size());
  };
  EXPECT_EQ(refused(""), ": line 1: must name each column");
  EXPECT_EQ(refused("a,,b\n"), ": line 1: must name each column");
  EXPECT_EQ(refused("a,b,a\n"), ": line 1: names a twice");
  EXPECT_EQ(refused("a,b\n1,2\n1\n"), ": line 3: has 1 cells, not 2");
  EXPECT_EQ(refused("a,b\n"),
            ": names no stimulus onset that could be guessed; give --map onset=COLUMN");
  EXPECT_EQ(refused("start_time\n"), ": holds no trial; at least one is needed");
  EXPECT_EQ(refused("start_time,choice\n1,up\n"),
            "/choice[0]: \"up\" is neither left, right nor none; say what is with --left VALUE "
            "--right VALUE");
  EXPECT_EQ(refused("start_time,choice\n1,2\n"),
            "/choice[0]: 2 is not +1 left, -1 right or 0 none; say what is with --left VALUE "
            "--right VALUE");
  EXPECT_EQ(refused("start_time,contrast\n1,\n").substr(0, 33),
            "/contrast[0]: is not a number; sa");
  EXPECT_EQ(refused("start_time,rt\n1,inf\n"),
            "/rt[0]: must be finite, or NaN where there was no response");
  options.missing_stimulus = 0;
  options.trials_files = {csv("start_time,contrast\n1,\n,2\n")};
  const Imported imported = import();
  EXPECT_EQ(imported.data.trial.stimulus, std::vector<double>{0});
  EXPECT_EQ(imported.excluded, 1U);  // without an onset
}

TEST_F(Nwb, OtherClocksAreNoticed) {
  options.trials_files = {csv("start_time\n1\n7\n1000\n")};
  const Imported imported = import();
  EXPECT_EQ(imported.notes.back(),
            "mouse: 2 trials lie before the first or after the last spike; are spikes and trials "
            "on one clock?");
}

TEST_F(Nwb, OnlyWhatWasObservedIsKept) {
  {
    Hdf5Writer out(folder / "observed.nwb");
    out.attribute("/", "nwb_version", std::string("2.0b"));
    out.numbers<std::int64_t>("units/id", {0, 1, 2});
    out.numbers<double>("units/spike_times", {1.5, 3.5, 3.5});
    out.numbers<std::int32_t>("units/spike_times_index", {1, 2, 3});
    out.numbers<double>("units/obs_intervals", {0, 2, 3, 10, 0, 10, 0, 2}, {4, 2});
    out.numbers<std::int32_t>("units/obs_intervals_index", {2, 3, 4});
    out.numbers<std::int64_t>("intervals/trials/id", {0, 1, 2});
    out.numbers<double>("intervals/trials/start_time", {1, 3.25, 9.5});
    out.commit();
  }
  file = folder / "observed.nwb";
  const Imported imported = import();
  EXPECT_EQ(imported.data.unit.id, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(imported.data.trial.number, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(imported.data.session_trials, std::vector<std::int64_t>{3});
  EXPECT_EQ(imported.data.region_names, std::vector<std::string>{"all"});
  EXPECT_EQ(imported.data.stimulus_names, std::vector<std::string>{"none"});
  EXPECT_EQ(std::count_if(imported.notes.begin(), imported.notes.end(),
                          [](const auto& note) { return note.find(" left out") != note.npos; }),
            2);
}

TEST_F(Nwb, OtherFilesAreNeverOpened) {
  fs::copy(file, folder / "other.nwb");
  change([&](hid_t id) {
    H5Ldelete(id, "units/spike_times", H5P_DEFAULT);
    H5Lcreate_external((folder / "other.nwb").c_str(), "/units/spike_times", id,
                       "units/spike_times", H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_EQ(message([&] { (void)import(); }),
            file.string() +
                ": units/spike_times: is a link into another file, which is not followed; copy "
                "what it names into this one");
  change([&](hid_t id) {
    H5Ldelete(id, "units", H5P_DEFAULT);
    H5Lcreate_external((folder / "other.nwb").c_str(), "/units", id, "elsewhere", H5P_DEFAULT,
                       H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere", id, "units", H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_THROW((void)import(), DataError);

  write_small_nwb(file);
  std::ofstream(folder / "raw") << std::string(56, 'x');
  change([&](hid_t id) {
    H5Ldelete(id, "units/spike_times", H5P_DEFAULT);
    const hsize_t size = 7;
    const hid_t space = H5Screate_simple(1, &size, nullptr),
                creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, (folder / "raw").c_str(), 0, 56);
    H5Dclose(H5Dcreate2(id, "units/spike_times", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, creation,
                        H5P_DEFAULT));
    H5Pclose(creation), H5Sclose(space);
  });
  EXPECT_EQ(message([&] { (void)import(); }),
            file.string() +
                ": units/spike_times: keeps its values in another file, which is not opened; copy "
                "them into this one (h5repack)");
}

TEST_F(Nwb, ChunkedAndCompressedSpikesAreTheSame) {
  const Dataset plain = import().data;
  change([&](hid_t id) {
    const std::vector<double> times{0.5, 1, 1.25, 3.5, 1.5, 5.25, 3.125};
    H5Ldelete(id, "units/spike_times", H5P_DEFAULT);
    const hsize_t size = times.size(), chunk = 3;
    const hid_t space = H5Screate_simple(1, &size, nullptr),
                creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, &chunk), H5Pset_deflate(creation, 4), H5Pset_shuffle(creation);
    const hid_t set = H5Dcreate2(id, "units/spike_times", H5T_IEEE_F32BE, space, H5P_DEFAULT,
                                 creation, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, times.data());
    H5Dclose(set), H5Pclose(creation), H5Sclose(space);
  });
  EXPECT_EQ(import().data.spike.time, plain.spike.time);
  EXPECT_EQ(import().data.spike.unit, plain.spike.unit);
}

TEST(SpikeWindows, KeepsWhatLiesInThem) {
  SpikeWindows windows({{5, 6}, {1, 2}, {1.5, 3}, {4, 4}});
  for (const double time : {0.5, 1.0, 1.75, 2.0, 5.5, 6.0}) windows.add(time, 0);
  for (const double time : {5.5, 1.75, 4.0, 1.0}) windows.add(time, 1);  // out of order
  EXPECT_EQ(windows.kept(), 9U);
  std::vector<std::vector<double>> times;
  std::vector<std::vector<int>> units;
  windows.for_each([&](std::size_t, auto spikes) {
    times.emplace_back(), units.emplace_back();
    for (const auto& [time, unit] : spikes)
      times.back().push_back(time), units.back().push_back(unit);
  });
  EXPECT_EQ(times, (std::vector<std::vector<double>>{
                       {0.5, 0.5}, {0, 0, 0.75, 0.75}, {0.25, 0.25, 0.5}, {}}));
  EXPECT_EQ(units, (std::vector<std::vector<int>>{{0, 1}, {0, 1, 0, 1}, {0, 1, 0}, {}}));
  EXPECT_NO_THROW(SpikeWindows(std::vector<SpikeWindows::Window>(64, {0, 1})));
  EXPECT_THROW(SpikeWindows(std::vector<SpikeWindows::Window>(65, {0, 1})), UsageError);
  EXPECT_NO_THROW(SpikeWindows(std::vector<SpikeWindows::Window>(100, {0, 0})));
}

/// Whole units at once, against every spike compared with every window.
TEST(SpikeWindows, UnitsAtOnceGiveTheSame) {
  std::mt19937 random(1);
  const auto uniform = [&](double end) {
    return end * static_cast<double>(random()) / 4294967296.0;
  };
  const std::vector<SpikeWindows::Window> where{{5, 6}, {0, 2},  {1.5, 3},
                                                {4, 4}, {8, 20}, {30, 31}};
  std::vector<std::vector<double>> trains;
  for (int unit = 0; unit < 12; ++unit) {
    std::vector<double> times(static_cast<std::size_t>(unit * 40));
    for (double& time : times)
      time = unit % 3 == 0 ? std::round(uniform(40)) : uniform(unit == 4 ? 4 : 25);
    if (unit != 7) std::sort(times.begin(), times.end());
    trains.push_back(times);
  }
  SpikeWindows windows(where);
  std::vector<std::vector<std::pair<double, std::int32_t>>> expected(where.size());
  for (std::size_t unit = 0; unit < trains.size(); ++unit) {
    windows.add(trains[unit], static_cast<std::int32_t>(unit));
    for (const double time : trains[unit]) {
      for (std::size_t w = 0; w < where.size(); ++w) {
        if (where[w].start <= time && time < where[w].end)
          expected[w].emplace_back(time - where[w].start, static_cast<std::int32_t>(unit));
      }
    }
  }
  EXPECT_EQ(windows.outside(), 0U);
  windows.for_each([&](std::size_t w, auto spikes) {
    std::sort(expected[w].begin(), expected[w].end());
    std::vector<std::pair<double, std::int32_t>> found;
    for (const auto& [time, unit] : spikes) found.emplace_back(time, unit);
    EXPECT_EQ(found, expected[w]) << w;
  });
  EXPECT_GT(expected[4].size(), 500U);
}

TEST(SpikeWindows, SlicesOfAWindowMayBeTiny) {
  SpikeWindows windows({{0, 1}});
  std::vector<double> times(100, 0.0);
  times.back() = std::numeric_limits<double>::denorm_min();
  windows.add(times, 0);
  windows.for_each([&](std::size_t, auto spikes) {
    EXPECT_EQ(spikes.size(), 100U);
    EXPECT_EQ(spikes.back().time, times.back());
  });
}

TEST(RecordingNwb, WithoutTrialsIsToldAndFitsWithATable) {
  const fs::path file = fs::path(NNPOISSON_SHARED_DIR) / "data/nwb/A8604-211122.nwb";
  NwbImport options;
  options.time_limit = 1;
  EXPECT_EQ(message([&] { (void)import_nwb(std::vector{file}, options); }),
            file.string() +
                ": intervals/trials: is missing; give the trials with --trials FILE.csv "
                "(docs/importing.md), or name another table "
                "with --trials-table: epochs");
  // Made for a test: the file has epochs only, so its spikes from their beginning are its one
  // trial.
  options.trials_table = "epochs";
  const Dataset data = import_nwb(std::vector{file}, options).data;
  EXPECT_EQ(data.trials(), 1U);
  EXPECT_EQ(data.units(), 3U);
}

}  // namespace
}  // namespace nnpoisson::testing
