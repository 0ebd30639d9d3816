#include <hdf5.h>

#include <array>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

namespace fs = std::filesystem;

class DatasetFile : public Scratch {};

TEST_F(DatasetFile, ReturnsWhatWasWritten) {
  for (const Dataset& data : {small_dataset(), small_counts(), with_places(small_dataset())}) {
    write_dataset(folder / "x.h5", data);
    expect_same(read_dataset(folder / "x.h5"), data);
  }
}

TEST_F(DatasetFile, IsNotWrittenFromABrokenDataset) {
  Dataset data = small_dataset();
  data.trial.choice[0] = 3;
  EXPECT_THROW(write_dataset(folder / "x.h5", data), DataError);
  EXPECT_FALSE(fs::exists(folder / "x.h5"));
}

/// A dataset file open for damage.
struct Patient {
  explicit Patient(const fs::path& file) : id(H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {}
  ~Patient() { H5Fclose(id); }
  Patient(const Patient&) = delete;
  Patient& operator=(const Patient&) = delete;

  void remove(const char* path) const { ASSERT_GE(H5Ldelete(id, path, H5P_DEFAULT), 0); }
  void remove_attribute(const char* name) const { ASSERT_GE(H5Adelete(id, name), 0); }
  void group(const char* path) const {
    H5Gclose(H5Gcreate2(id, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  void attribute(const char* name, hid_t type, const void* value) const {
    remove_attribute(name);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t made = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(made, type, value);
    H5Aclose(made);
    H5Sclose(space);
  }
  /// `path` anew, of zeros.
  void replace(const char* path, hid_t type, const std::vector<hsize_t>& shape) const {
    remove(path);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t made = H5Dcreate2(id, path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const std::vector<char> zeros(4096, 0);
    H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
    H5Dclose(made);
    H5Sclose(space);
  }

  hid_t id;
};

struct Damage {
  const char* name;
  std::function<void(const Patient&)> change;
  const char* message;  ///< part of it
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class DamagedFile : public Scratch, public ::testing::WithParamInterface<Damage> {};

TEST_F(DatasetFile, MayLackPlaces) {
  write_dataset(folder / "x.h5", small_dataset());
  const Dataset data = read_dataset(folder / "x.h5");
  EXPECT_TRUE(data.trial.number.empty());
  EXPECT_TRUE(data.session_trials.empty());
  const Patient file(folder / "x.h5");
  EXPECT_EQ(H5Lexists(file.id, "trial/number", H5P_DEFAULT), 0);
  EXPECT_EQ(H5Lexists(file.id, "session/trials", H5P_DEFAULT), 0);
}

TEST_P(DamagedFile, IsRefusedWithItsPath) {
  const fs::path file = folder / "x.h5";
  write_dataset(file, with_places(small_dataset()));
  GetParam().change(Patient(file));
  EXPECT_EQ(message([&] {
              (void)read_dataset(file);
            }).substr(0, file.string().size() + 2 + std::string(GetParam().message).size()),
            file.string() + ": " + GetParam().message);
}

Damage missing(const char* name, const char* path, const char* text) {
  return {name, [path](const Patient& file) { file.remove(path); }, text};
}

INSTANTIATE_TEST_SUITE_P(
    Dataset, DamagedFile,
    ::testing::Values(
        Damage{"NoFormat", [](const Patient& file) { file.remove_attribute("format"); },
               "/: attribute format is not \"nnpoisson-dataset\""},
        Damage{"NoVersion", [](const Patient& file) { file.remove_attribute("version"); },
               "/, attribute version: is missing"},
        Damage{"OtherVersion",
               [](const Patient& file) {
                 const int two = 2;
                 file.attribute("version", H5T_NATIVE_INT, &two);
               },
               "/: attribute version is 2, this program reads layout 1"},
        Damage{"FormatIsANumber",
               [](const Patient& file) {
                 const int two = 2;
                 file.attribute("format", H5T_NATIVE_INT, &two);
               },
               "/, attribute format: must be a string type"},
        Damage{"NoTimeLimit", [](const Patient& file) { file.remove_attribute("time_limit"); },
               "/, attribute time_limit: is missing"},
        Damage{"CountsMissing",
               [](const Patient& file) {
                 const double width = 0.1;
                 file.attribute("bin_width", H5T_NATIVE_DOUBLE, &width);
               },
               "spike: must not be there where bin_width > 0"},
        Damage{"CountsToo", [](const Patient& file) { file.group("count"); },
               "count: must not be there where bin_width is 0"},
        missing("NoRegions", "region", "region/name: is missing"),
        missing("NoSessionName", "session/name", "session/name: is missing"),
        missing("NoStimulus", "trial/stimulus", "trial/stimulus: is missing"),
        missing("NoChoice", "trial/choice", "trial/choice: is missing"),
        missing("NoUnits", "unit", "unit/session: is missing"),
        missing("NoSpikes", "spike", "spike/offset: is missing"),
        Damage{"NamesAreNumbers",
               [](const Patient& file) { file.replace("region/name", H5T_STD_I32LE, {3}); },
               "region/name: must be a string type"},
        Damage{"SessionIsReal",
               [](const Patient& file) { file.replace("trial/session", H5T_IEEE_F64LE, {3}); },
               "trial/session: must be an integer type"},
        Damage{"TimeIsText", [](const Patient& file) { file.replace("spike/time", H5T_C_S1, {5}); },
               "spike/time: must be a number type"},
        Damage{"StimulusIsFlat",
               [](const Patient& file) { file.replace("trial/stimulus", H5T_IEEE_F64LE, {6}); },
               "trial/stimulus: has 1 dimensions, not 2"},
        Damage{"StimulusIsTransposed",
               [](const Patient& file) {
                 file.replace("trial/stimulus", H5T_IEEE_F64LE, {2, 3});
               },
               "trial/stimulus: has the shape 2 x 3, not 3 x 2"},
        Damage{"TimeIsAGroup",
               [](const Patient& file) {
                 file.remove("spike/time");
                 file.group("spike/time");
               },
               "spike/time: is not a dataset"},
        Damage{"OffsetsAreZero",
               [](const Patient& file) { file.replace("spike/offset", H5T_STD_I64LE, {4}); },
               "spike/offset[3]: must be the number of entries, 5, not 0"},
        Damage{"NumberIsReal",
               [](const Patient& file) { file.replace("trial/number", H5T_IEEE_F64LE, {3}); },
               "trial/number: must be an integer type"},
        Damage{"NumberHasColumns",
               [](const Patient& file) {
                 file.replace("trial/number", H5T_STD_I64LE, {3, 1});
               },
               "trial/number: has 2 dimensions, not 1"},
        Damage{"NumberIsAGroup",
               [](const Patient& file) {
                 file.remove("trial/number");
                 file.group("trial/number");
               },
               "trial/number: is not a dataset"},
        Damage{"NumberIsEmpty",
               [](const Patient& file) { file.replace("trial/number", H5T_STD_I64LE, {0}); },
               "trial/number: has 0 values, not 3 (trials)"},
        Damage{"NumberTwice",
               [](const Patient& file) { file.replace("trial/number", H5T_STD_I64LE, {3}); },
               "trial/number[2]: 0 is the number of trial 0 too"},
        Damage{"CountsAreText",
               [](const Patient& file) { file.replace("session/trials", H5T_C_S1, {2}); },
               "session/trials: must be an integer type"},
        Damage{"CountsAreEmpty",
               [](const Patient& file) { file.replace("session/trials", H5T_STD_I64LE, {0}); },
               "session/trials: has 0 values, not 2 (sessions)"},
        Damage{"CountsAreZero",
               [](const Patient& file) { file.replace("session/trials", H5T_STD_I64LE, {2}); },
               "trial/number[0]: 4 is past the last of the 0 trials"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(DatasetFile, MayHoldOtherGroupsAndNarrowerNumbers) {
  const fs::path file = folder / "x.h5";
  write_dataset(file, small_dataset());
  {
    const Patient patient(file);
    patient.group("notes");
    patient.replace("trial/stimulus", H5T_IEEE_F32LE, {3, 2});
    patient.replace("unit/id", H5T_STD_U16BE, {3});
  }
  Dataset expected = small_dataset();
  expected.trial.stimulus.assign(6, 0.0);
  expected.unit.id.assign(3, 0);
  expect_same(read_dataset(file), expected);
}

TEST_F(DatasetFile, CutOffAnywhereIsADataError) {
  const fs::path whole = folder / "whole.h5", cut = folder / "cut.h5";
  write_dataset(whole, small_counts());
  std::ostringstream text;
  text << std::ifstream(whole, std::ios::binary).rdbuf();
  const std::string bytes = text.str();
  for (std::size_t length = 0; length < bytes.size(); length += 61) {
    std::ofstream(cut, std::ios::binary) << bytes.substr(0, length);
    EXPECT_THROW((void)read_dataset(cut), DataError) << length;
  }
}

TEST_F(DatasetFile, WhatIsRefusedIsNamedByTheFileToBe) {
  Dataset data = small_dataset();
  data.source = "elsewhere.h5";
  data.trial.choice[1] = 2;
  const fs::path file = folder / "x.h5";
  EXPECT_EQ(message([&] { write_dataset(file, data); }),
            file.string() + ": trial/choice[1]: must be +1, -1 or 0, not 2");
  EXPECT_FALSE(fs::exists(file));
}

/// Whatever bits the values hold, a dataset that gets through keeps all rules.
TEST_F(DatasetFile, RandomValuesNeverGetThroughUnchecked) {
  const fs::path file = folder / "x.h5";
  std::mt19937 random(5);
  int refused = 0;
  constexpr std::array paths{"trial/number",         "session/trials",      "trial/session",
                             "trial/stimulus",       "trial/response_time", "trial/choice",
                             "trial/observed_until", "unit/session",        "unit/region",
                             "spike/offset",         "spike/time",          "spike/unit"};
  for (int round = 0; round < 10; ++round) {
    for (const char* path : paths) {
      write_dataset(file, with_places(small_dataset()));
      {
        const Patient patient(file);
        const hid_t set = H5Dopen2(patient.id, path, H5P_DEFAULT);
        const hid_t type = H5Dget_type(set);
        std::vector<char> values(H5Dget_storage_size(set));
        H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        values[random() % values.size()] = static_cast<char>(random());
        H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        H5Tclose(type);
        H5Dclose(set);
      }
      try {
        validate(read_dataset(file));
      } catch (const DataError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 50);
}

struct GoldenFile {
  const char* path;
  std::size_t trials, units, spikes, regions;
};

class GoldenDataset : public ::testing::TestWithParam<GoldenFile> {};

TEST_P(GoldenDataset, IsRead) {
  const auto& expected = GetParam();
  const Dataset data = read_dataset(fs::path(NNPOISSON_SHARED_DIR) / "golden" / expected.path);
  EXPECT_EQ(data.trials(), expected.trials);
  EXPECT_EQ(data.units(), expected.units);
  EXPECT_EQ(data.regions(), expected.regions);
  EXPECT_EQ(data.spike.time.size(), expected.spikes);
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenDataset,
                         ::testing::Values(GoldenFile{"cori7/train.h5", 161, 716, 178837, 7},
                                           GoldenFile{"cori7/test.h5", 53, 716, 58153, 7},
                                           GoldenFile{"rats5/train.h5", 275, 131, 86876, 5},
                                           GoldenFile{"rats5/test.h5", 90, 131, 28873, 5}));

}  // namespace
}  // namespace nnpoisson::testing
