#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <sstream>

#include "nnpoisson/import.hpp"
#include "npz_writer.hpp"
#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

namespace fs = std::filesystem;

class Npz : public Scratch {
 protected:
  [[nodiscard]] fs::path file(const Archive& arrays, const std::string& name = "session") const {
    write_npz(folder / (name + ".npz"), arrays);
    return folder / (name + ".npz");
  }
  [[nodiscard]] Dataset import(const Archive& arrays, const NpzImport& options = {}) const {
    return import_npz(std::vector{file(arrays)}, options).data;
  }
};

NpzImport within(double time_limit) {
  NpzImport options;
  options.time_limit = time_limit;
  return options;
}

TEST_F(Npz, CountsBecomeTheirNonZeroEntries) {
  const Dataset data = import(binned_archive());
  EXPECT_EQ(data.bin_width, 0.1);
  EXPECT_EQ(data.time_limit, 0.2);
  EXPECT_EQ(data.session_names, std::vector<std::string>{"session"});
  EXPECT_EQ(data.region_names, (std::vector<std::string>{"ACA", "MOs"}));
  EXPECT_EQ(data.stimulus_names, (std::vector<std::string>{"a", "bé"}));
  EXPECT_EQ(data.unit.region, (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(data.trial.stimulus, (std::vector<double>{0.25, 1, static_cast<double>(0.1F), 2}));
  EXPECT_EQ(data.trial.response_time, (std::vector<double>{0.15, 0.3}));
  EXPECT_EQ(data.trial.observed_until, (std::vector<double>{0.1, 0.2}));
  EXPECT_EQ(data.count.offset, (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(data.count.bin, (std::vector<std::int32_t>{0, 0, 0, 1}));
  EXPECT_EQ(data.count.unit, (std::vector<std::int32_t>{1, 2, 0, 2}));
  EXPECT_EQ(data.count.value, (std::vector<std::int32_t>{1, 2, 3, 4}));
}

TEST_F(Npz, BinsCountOnlyWhereTheyEndBeforeTheLimitAndTheResponse) {
  EXPECT_EQ(import(binned_archive(), within(0.19)).trial.observed_until,
            (std::vector<double>{0.1, 0.1}));
  Archive early = binned_archive();
  early["response_time"] = npy("<f8", "(2,)", bytes_of<double>({0.09, 0.1 + 0.1}));
  const fs::path path = file(early);
  const Imported imported = import_npz(std::vector{path}, within(0.4));
  EXPECT_EQ(imported.unobserved, 1U);
  EXPECT_EQ(imported.data.trial.observed_until, std::vector<double>{0.2});
  EXPECT_EQ(imported.data.trial.number, std::vector<std::int64_t>{1});
  EXPECT_EQ(imported.data.session_trials, std::vector<std::int64_t>{2});
  EXPECT_EQ(imported.data.count.value, (std::vector<std::int32_t>{3, 4}));
}

TEST_F(Npz, SpikeTimesStartAtStimulusOnset) {
  const Dataset data = import(exact_archive(), within(1));
  EXPECT_EQ(data.bin_width, 0);
  EXPECT_EQ(data.region_names, std::vector<std::string>{"all"});
  EXPECT_EQ(data.units(), 2U);
  EXPECT_EQ(data.trial.response_time[0], 1.5);
  EXPECT_TRUE(std::isnan(data.trial.response_time[1]));
  EXPECT_EQ(data.trial.observed_until, (std::vector<double>{1, 1}));
  EXPECT_EQ(data.spike.offset, (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(data.spike.time, (std::vector<double>{0, 0.125, 0, 0.25}));
  EXPECT_EQ(data.spike.unit, (std::vector<std::int32_t>{1, 0, 1, 0}));
  EXPECT_EQ(import(exact_archive(), within(5)).trial.observed_until, (std::vector<double>{1.5, 5}));

  NpzImport named = within(1);
  named.region_name = "PPC";
  EXPECT_EQ(import(exact_archive(), named).region_names, std::vector<std::string>{"PPC"});
  EXPECT_THROW((void)import(exact_archive()), UsageError);
}

TEST_F(Npz, KeepsTheRegionsAndTrialsAskedFor) {
  NpzImport options;
  options.regions = {"MOs"};
  const Dataset data = import(binned_archive(), options);
  EXPECT_EQ(data.region_names, std::vector<std::string>{"MOs"});
  EXPECT_EQ(data.unit.id, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(data.count.unit, (std::vector<std::int32_t>{1, 0, 1}));
  EXPECT_EQ(data.count.value, (std::vector<std::int32_t>{2, 3, 4}));
  options.regions = {"CA1"};
  EXPECT_EQ(message<UsageError>([&] { (void)import(binned_archive(), options); }),
            "no recording has the region \"CA1\"; there are: ACA, MOs");

  options = {};
  options.included_only = true;
  const fs::path path = file(binned_archive());
  const Imported included = import_npz(std::vector{path}, options);
  EXPECT_EQ(included.excluded, 1U);
  EXPECT_EQ(included.data.trial.choice, std::vector<std::int8_t>{1});
}

TEST_F(Npz, SessionsAreJoinedAndEncodedTogether) {
  Archive second = binned_archive();
  second["stimulus"] = npy("<i8", "(2, 2)", bytes_of<std::int64_t>({1, 2, 1, 2}));
  const std::vector<fs::path> files{file(binned_archive(), "one"), file(second, "two")};
  NpzImport options;
  options.stimulus = StimulusEncoding::one_hot;
  const Dataset hot = import_npz(files, options).data;
  EXPECT_EQ(hot.session_names, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(hot.unit.session, (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(hot.count.unit, (std::vector<std::int32_t>{1, 2, 0, 2, 4, 5, 3, 5}));
  EXPECT_EQ(hot.stimulus_names,
            (std::vector<std::string>{"a=0.1", "a=0.25", "a=1", "bé=1", "bé=2"}));
  EXPECT_EQ(hot.trial.stimulus,
            (std::vector<double>{0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1}));

  options.stimulus = StimulusEncoding::standardise;
  const Dataset standard = import_npz(files, options).data;
  for (std::size_t f = 0; f < 2; ++f) {
    double mean = 0, square = 0;
    for (std::size_t i = f; i < 8; i += 2)
      mean += standard.trial.stimulus[i] / 4, square += std::pow(standard.trial.stimulus[i], 2) / 4;
    EXPECT_NEAR(mean, 0, 1e-12);
    EXPECT_NEAR(square, 1, 1e-12);
  }
  EXPECT_THROW((void)import_npz(std::vector{files[1]}, options), UsageError);  // constant
  EXPECT_THROW((void)import_npz(std::vector{files[0], files[0]}, options), UsageError);
  EXPECT_THROW((void)import_npz(std::vector<fs::path>{}, options), UsageError);
}

struct BrokenArchive {
  const char* name;
  std::function<Archive()> arrays;
  const char* message;  ///< what follows the file's name, to where it begins to vary
};

void PrintTo(const BrokenArchive& broken, std::ostream* out) {
  *out << broken.name;
}

BrokenArchive without(const char* name, Archive (*base)(), const char* array, const char* message) {
  return {name,
          [=] {
            Archive arrays = base();
            arrays.erase(array);
            return arrays;
          },
          message};
}

BrokenArchive with(const char* name, Archive (*base)(), const char* array, const std::string& bytes,
                   const char* message) {
  return {name,
          [=] {
            Archive arrays = base();
            arrays[array] = bytes;
            return arrays;
          },
          message};
}

class BrokenNpz : public Npz, public ::testing::WithParamInterface<BrokenArchive> {};

TEST_P(BrokenNpz, IsRefusedWithArrayAndIndex) {
  const fs::path path = file(GetParam().arrays());
  const std::string expected = path.string() + ": " + GetParam().message;
  NpzImport options = within(0.2);
  options.included_only = path.string().find("Included") != std::string::npos;
  EXPECT_EQ(
      message([&] { (void)import_npz(std::vector{path}, options); }).substr(0, expected.size()),
      expected);
}

constexpr double infinity = std::numeric_limits<double>::infinity();
const std::string two_reals = bytes_of<double>({1, 2});

INSTANTIATE_TEST_SUITE_P(
    Import, BrokenNpz,
    ::testing::Values(
        without("NoCounts", binned_archive, "counts", "holds neither counts nor spike_time"),
        with("CountsAndTimes", binned_archive, "spike_time", npy("<f8", "(0,)", ""),
             "holds both counts and spike_time"),
        without("NoBins", binned_archive, "n_bins", "n_bins: is missing"),
        without("NoBinWidth", binned_archive, "bin_width", "bin_width: is missing"),
        without("NoChoice", exact_archive, "choice", "choice: is missing"),
        without("NoOnset", exact_archive, "stimulus_onset", "stimulus_onset: is missing"),
        with("BinWidthZero", binned_archive, "bin_width", npy("<f8", "()", bytes_of<double>({0})),
             "bin_width: must be a positive number"),
        with("BinWidths", binned_archive, "bin_width", npy("<f8", "(2,)", two_reals),
             "bin_width: must be one number"),
        with("FlatCounts", binned_archive, "counts", npy("|u1", "(2,)", "ab"),
             "counts: must have three dimensions"),
        with("OtherTrials", binned_archive, "counts", npy("|u1", "(1, 1, 3)", "abc"),
             "counts: has the shape (1, 1, 3), not (2, 1, 3)"),
        with("NegativeCount", binned_archive, "counts",
             npy("|i1", "(2, 2, 3)", std::string("\0\0\0\0\0\0\0\xff\0\0\0\0", 12)),
             "counts[1,0,1]: is negative"),
        with("WideCount", binned_archive, "counts",
             npy("<i8", "(2, 2, 3)",
                 bytes_of<std::int64_t>({0, 0, std::int64_t{1} << 40, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
             "counts[0,0,2]: does not fit into 32 bits"),
        with("RealCounts", binned_archive, "counts",
             npy("<f4", "(2, 2, 3)", bytes_of(std::vector<float>(12))),
             "counts: must be of an integer type"),
        with("CountPastTheEnd", binned_archive, "n_bins",
             npy("<i4", "(2,)", bytes_of<std::int32_t>({1, 1})),
             "counts[1,1,2]: is not 0, but lies past the trial's n_bins"),
        with("TooManyBins", binned_archive, "n_bins",
             npy("<i4", "(2,)", bytes_of<std::int32_t>({1, 3})), "n_bins[1]: lies outside 0 to 2"),
        with("Choice", binned_archive, "choice", npy("|i1", "(2,)", std::string("\1\2", 2)),
             "choice[1]: must be +1 left, -1 right or 0"),
        with("Responses", binned_archive, "response_time",
             npy("<f8", "(1,)", bytes_of<double>({1})),
             "response_time: has the shape (1), not (2)"),
        with("ResponseInfinite", binned_archive, "response_time",
             npy("<f8", "(2,)", bytes_of<double>({1, infinity})),
             "response_time[1]: must be finite"),
        with("Stimulus", binned_archive, "stimulus", npy("<f8", "(2, 1)", two_reals),
             "stimulus: has the shape (2, 1), not (2, 2)"),
        with("StimulusNaN", binned_archive, "stimulus",
             npy("<f8", "(2, 2)", bytes_of<double>({1, 2, nan, 3})),
             "stimulus[1,0]: is not finite"),
        with("Names", binned_archive, "stimulus_names", npy("<f8", "(2,)", two_reals),
             "stimulus_names: must hold unicode strings"),
        with("Regions", binned_archive, "neuron_region", npy("<U1", "(2,)", ucs4({U"a", U"b"}, 1)),
             "neuron_region: has the shape (2), not (3)"),
        with("NotUnicode", binned_archive, "neuron_region",
             npy("<U1", "(3,)", bytes_of<std::uint32_t>({97, 0xD800, 98})),
             "neuron_region[1]: is not a unicode string"),
        without("IncludedMissing", binned_archive, "included", "included: is missing"),
        with("IncludedNumber", binned_archive, "included", npy("|i1", "(2,)", "ab"),
             "included: must be boolean"),
        with("IncludedTwo", binned_archive, "included", npy("|b1", "(2,)", std::string("\1\2", 2)),
             "included[1]: is neither true nor false"),
        with("OffsetStart", exact_archive, "spike_offset",
             npy("<i8", "(3,)", bytes_of<std::int64_t>({1, 4, 6})), "spike_offset[0]: must be 0"),
        with("OffsetFalls", exact_archive, "spike_offset",
             npy("<i8", "(3,)", bytes_of<std::int64_t>({0, 4, 3})),
             "spike_offset[2]: does not ascend"),
        with("OffsetOverflows", exact_archive, "spike_offset",
             npy("<u8", "(3,)", bytes_of<std::uint64_t>({0, 4, std::uint64_t{1} << 63})),
             "spike_offset[2]: is too large"),
        with("OffsetPastTheEnd", exact_archive, "spike_offset",
             npy("<i8", "(3,)", bytes_of<std::int64_t>({0, 4, 7})),
             "spike_offset[2]: does not ascend, or is past the last spike"),
        with("OffsetShort", exact_archive, "spike_offset",
             npy("<i8", "(3,)", bytes_of<std::int64_t>({0, 4, 5})),
             "spike_offset[2]: must be the number of spikes"),
        with("UnitNegative", exact_archive, "spike_unit",
             npy("<i4", "(6,)", bytes_of<std::int32_t>({0, -1, 0, 1, 1, 0})),
             "spike_unit[1]: there is no neuron -1"),
        with("UnitWild", exact_archive, "spike_unit",
             npy("<i8", "(6,)", bytes_of<std::int64_t>({0, std::int64_t{1} << 60, 0, 1, 1, 0})),
             "spike_unit[1]: there is no neuron 1152921504606846976"),
        with("UnitWithoutLabel", exact_archive, "neuron_region",
             npy("<U1", "(1,)", ucs4({U"a"}, 1)), "spike_unit[1]: there is no neuron 1"),
        with("TimeNaN", exact_archive, "spike_time",
             npy("<f8", "(6,)", bytes_of<double>({0, nan, 0, 0, 0, 0})),
             "spike_time[1]: is not finite"),
        with("TimesUnsorted", exact_archive, "spike_time",
             npy("<f8", "(6,)", bytes_of<double>({0, 2, 1, 3, 0, 0})),
             "spike_time[2]: comes after a later spike of trial 0"),
        with("OnsetNaN", exact_archive, "stimulus_onset",
             npy("<f8", "(2,)", bytes_of<double>({0, nan})), "stimulus_onset[1]: is not finite"),
        with("NotNpy", binned_archive, "choice", "some text, not an array",
             "choice: is not a NumPy array"),
        with("Version4", binned_archive, "choice", npy("|i1", "(2,)", "ab", 4),
             "choice: has .npy format version 4"),
        with("HeaderCut", binned_archive, "choice", npy("|i1", "(2,)", "ab").substr(0, 30),
             "choice: was cut off inside its header"),
        with("ValuesCut", binned_archive, "choice", npy("|i1", "(3,)", "ab"),
             "choice: holds 2 bytes, which is not what its shape"),
        with("ShapeOverflows", binned_archive, "choice", npy("<i8", "(4294967296, 4294967296)", ""),
             "choice: holds 0 bytes"),
        with("ShapeWide", binned_archive, "choice", npy("|i1", "(99999999999999999999,)", "ab"),
             "choice: has a shape that cannot be read"),
        with("ShapeNegative", binned_archive, "choice", npy("|i1", "(-2,)", "ab"),
             "choice: has a shape that cannot be read"),
        with("NoOrder", binned_archive, "choice", npy("|i1", "(2,)", "ab", 1, "Maybe"),
             "choice: does not say in its header whether"),
        with("BigEndian", binned_archive, "response_time", npy(">f8", "(2,)", two_reals),
             "response_time: has the type >f8; little-endian"),
        with("Objects", binned_archive, "choice", npy("|O", "(2,)", "ab"), "choice: has"),
        with("Half", binned_archive, "choice", npy("<f2", "(2,)", "abcd"),
             "choice: has the type <f2, which cannot be read"),
        with("EmptyStrings", binned_archive, "neuron_region", npy("<U0", "(1000000000000,)", ""),
             "neuron_region: has the type <U0")),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Npz, FilesOfOneImportMustFitTogether) {
  Archive other = binned_archive();
  other["bin_width"] = npy("<f8", "()", bytes_of<double>({0.2}));
  const fs::path first = file(binned_archive(), "first");
  EXPECT_THROW((void)import_npz(std::vector{first, file(other, "wide")}, within(0.2)), DataError);
  EXPECT_THROW((void)import_npz(std::vector{first, file(exact_archive(), "exact")}, within(0.2)),
               DataError);
  other = binned_archive();
  other["stimulus_names"] = npy("<U2", "(2,)", ucs4({U"b", U"a"}, 2));
  EXPECT_THROW((void)import_npz(std::vector{first, file(other, "names")}, within(0.2)), DataError);
}

TEST_F(Npz, DamagedFilesAreDataErrorsOrWholeDatasets) {
  const fs::path damaged = folder / "damaged.npz";
  std::ostringstream text;
  text << std::ifstream(file(binned_archive()), std::ios::binary).rdbuf();
  const std::string bytes = text.str();
  EXPECT_THROW((void)import_npz(std::vector{folder / "absent.npz"}, {}), ResourceError);
  EXPECT_THROW((void)import_npz(std::vector{folder}, {}), DataError);
  for (std::size_t length = 0; length < bytes.size(); length += 13) {
    std::ofstream(damaged, std::ios::binary) << bytes.substr(0, length);
    EXPECT_THROW((void)import_npz(std::vector{damaged}, {}), DataError) << length;
  }
  std::mt19937 random(3);
  for (int i = 0; i < 500; ++i) {
    std::string changed = bytes;
    for (int k = 0; k < 3; ++k) changed[random() % bytes.size()] = static_cast<char>(random());
    std::ofstream(damaged, std::ios::binary) << changed;
    try {
      validate(import_npz(std::vector{damaged}, {}).data);
    } catch (const Error&) {
    }
  }
}

fs::path recording(const std::string& name) {
  return fs::path(NNPOISSON_SHARED_DIR) / "data" / name;
}

/// A session's row of sessions.csv: trials, neurons, spikes.
std::vector<std::int64_t> totals(const std::string& session) {
  std::ifstream rows(recording("sessions.csv"));
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string folder, name, number;
    std::getline(std::getline(fields, folder, ','), name, ',');
    if (name != session) continue;
    std::vector<std::int64_t> numbers;
    while (std::getline(fields, number, ',')) numbers.push_back(std::stoll(number));
    return numbers;
  }
  return {};
}

TEST(RecordingImport, OfCountsHoldsTheTotals) {
  for (const std::string path :
       {"steinmetz2019/Cori_2016-12-14", "luo2025/T176_2018_05_03", "luo2025/T219_2019_12_02"}) {
    const Dataset data = import_npz(std::vector{recording(path + ".npz")}, {}).data;
    const std::int64_t spikes =
        std::accumulate(data.count.value.begin(), data.count.value.end(), std::int64_t{0});
    EXPECT_EQ((std::vector<std::int64_t>{static_cast<std::int64_t>(data.trials()),
                                         static_cast<std::int64_t>(data.units()), spikes}),
              totals(fs::path(path).filename()))
        << path;
  }
}

TEST(RecordingImport, OfCoriHasItsEightRegionsAndLevels) {
  NpzImport options;
  options.stimulus = StimulusEncoding::one_hot;
  options.included_only = true;
  const Imported imported =
      import_npz(std::vector{recording("steinmetz2019/Cori_2016-12-14.npz")}, options);
  EXPECT_EQ(imported.excluded, 13U);
  EXPECT_EQ(imported.data.trials(), 201U);
  EXPECT_EQ(imported.data.time_limit, 0.4);
  EXPECT_EQ(imported.data.regions(), 8U);
  EXPECT_EQ(imported.data.stimulus_names,
            (std::vector<std::string>{"contrast_left=0", "contrast_left=0.25", "contrast_left=0.5",
                                      "contrast_left=1", "contrast_right=0", "contrast_right=0.25",
                                      "contrast_right=0.5", "contrast_right=1"}));
  for (std::size_t n = 0; n < imported.data.trials(); ++n) {
    const auto first = imported.data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(8 * n);
    EXPECT_EQ(std::accumulate(first, first + 8, 0.0), 2);
  }
}

TEST(RecordingImport, OfExactTimesKeepsTheSpikesOfTheWindow) {
  // Spikes in [onset, min(onset + 0.5 s, response)), counted once with NumPy.
  const std::vector<std::pair<std::string, std::size_t>> sessions{
      {"B053_51344", 2713}, {"T035_165058", 14902}, {"T103_303075", 20380}};
  for (const auto& [name, spikes] : sessions) {
    const Dataset data =
        import_npz(std::vector{recording("depasquale2024/" + name + ".npz")}, within(0.5)).data;
    EXPECT_EQ(static_cast<std::int64_t>(data.trials()), totals(name).at(0));
    EXPECT_EQ(static_cast<std::int64_t>(data.units()), totals(name).at(1));
    EXPECT_EQ(data.spike.time.size(), spikes);
    EXPECT_EQ(data.region_names, std::vector<std::string>{"unlabelled"});
  }
}

}  // namespace
}  // namespace nnpoisson::testing
