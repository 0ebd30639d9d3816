#include <fstream>
#include <functional>

#include "data/npz_file.hpp"
#include "nnpoisson/import.hpp"
#include "npz_writer.hpp"
#include "small_dataset.hpp"

namespace nnpoisson::testing {
namespace {

namespace fs = std::filesystem;

/// Arrays as files, `NAME.npy` each; `text` as they are.
void write_folder(const fs::path& folder, const Archive& arrays, const Archive& text = {}) {
  fs::create_directories(folder);
  for (const auto& [name, bytes] : arrays)
    std::ofstream(folder / (name + ".npy"), std::ios::binary) << bytes;
  for (const auto& [name, bytes] : text) std::ofstream(folder / name, std::ios::binary) << bytes;
}

std::string column(std::size_t rows) {
  return "(" + std::to_string(rows) + ", 1)";
}
template <class T>
std::string reals(const std::vector<T>& values, const std::string& order = "True") {
  return npy("<f8", column(values.size()),
             bytes_of(std::vector<double>(values.begin(), values.end())), 1, order);
}

const fs::path cori = fs::path(NNPOISSON_SHARED_DIR) / "data/steinmetz2019/Cori_2016-12-14.npz";

/// Cori's arrays, spread out.
struct Cori {
  Cori() {
    const NpzFile file(cori);
    const NpyArray counts_array = file.array("counts"), choices = file.array("choice"),
                   responses = file.array("response_time");
    const NpyArray contrasts = file.array("stimulus"), include = file.array("included");
    trials = counts_array.shape()[0], bins = counts_array.shape()[1],
    neurons = counts_array.shape()[2];
    for (std::size_t i = 0; i < counts_array.size(); ++i)
      counts.push_back(static_cast<std::int8_t>(counts_array.integer(i)));
    for (std::size_t n = 0; n < trials; ++n) {
      choice.push_back(static_cast<std::int8_t>(choices.integer(n)));
      // A trial without a choice has a time in these formats, that of its end.
      response.push_back(choice[n] == 0 ? 1.5 : responses.real(n));
      left.push_back(contrasts.real(2 * n));
      right.push_back(contrasts.real(2 * n + 1));
      included += include.truth(n) ? '\1' : '\0';
    }
    regions = file.array("neuron_region").texts();
  }
  [[nodiscard]] std::int8_t count(std::size_t trial, std::size_t bin, std::size_t neuron) const {
    return counts[(trial * bins + bin) * neurons + neuron];
  }
  std::size_t trials, bins, neurons;
  std::vector<std::int8_t> counts, choice;
  std::vector<double> response, left, right;
  std::string included;
  std::vector<std::string> regions;
};

Dataset npz_of_cori(bool included_only) {
  NpzImport options;
  options.stimulus = StimulusEncoding::one_hot;
  options.included_only = included_only;
  return import_npz(std::vector{cori}, options).data;
}

class RecordingSteinmetz : public Scratch {};

TEST_F(RecordingSteinmetz, AlfGivesTheDatasetOfTheArchive) {
  const Cori from;
  // Stimuli every 2 s; the spikes of a bin spread evenly inside it; clusters in reverse among ones
  // that are not neurons.
  std::vector<double> onset, times;
  std::vector<std::int32_t> clusters;
  for (std::size_t n = 0; n < from.trials; ++n) {
    onset.push_back(0.7 + 2 * static_cast<double>(n));
    for (std::size_t bin = 0; bin < from.bins; ++bin) {
      for (std::size_t neuron = 0; neuron < from.neurons; ++neuron) {
        for (int k = 0, count = from.count(n, bin, neuron); k < count; ++k) {
          times.push_back(onset[n] + 0.01 * (static_cast<double>(bin) + (k + 1.0) / (count + 1)));
          clusters.push_back(static_cast<std::int32_t>(2 * neuron + 1));
        }
      }
    }
  }
  times.push_back(onset[0] + 0.1), clusters.push_back(0);
  std::vector<double> response = onset, annotation, peak;
  for (std::size_t n = 0; n < from.trials; ++n) response[n] += from.response[n];
  std::string channels = "ccf_ap\tccf_dv\tccf_lr\tallen_ontology\n";
  for (std::size_t neuron = 0; neuron < from.neurons; ++neuron) {
    annotation.insert(annotation.end(), {1, neuron % 2 == 0 ? 2.0 : 3.0});
    peak.insert(peak.end(), {1, static_cast<double>(from.neurons - neuron)});
    channels += "5000\t1000\t4000\t" + from.regions[from.neurons - 1 - neuron] + "\n";
  }
  const fs::path session = folder / "Cori_2016-12-14";
  write_folder(session,
               {{"trials.visualStim_times", reals(onset)},
                {"trials.visualStim_contrastLeft", reals(from.left)},
                {"trials.visualStim_contrastRight", reals(from.right)},
                {"trials.response_times", reals(response)},
                {"trials.response_choice", reals(from.choice)},
                {"trials.included", npy("|b1", column(from.trials), from.included, 1, "True")},
                {"spikes.times", reals(times)},
                {"spikes.clusters", npy("<u4", column(times.size()), bytes_of(clusters))},
                {"clusters._phy_annotation", reals(annotation)},
                {"clusters.peakChannel", reals(peak)}},
               {{"channels.brainLocation.tsv", channels}});
  AlfImport options;
  options.time_limit = 0.4;
  options.bin_width = 0.01;
  options.stimulus = StimulusEncoding::one_hot;
  for (const bool included_only : {false, true}) {
    options.included_only = included_only;
    Dataset data = import_alf(std::vector{session}, options).data;
    for (auto& id : data.unit.id) id = (id - 1) / 2;
    expect_same(data, npz_of_cori(included_only), 1e-9);
  }

  options.paper_regions = true;
  const Dataset paper = import_alf(std::vector{session / ""}, options).data;
  EXPECT_EQ(paper.region_names,
            (std::vector<std::string>{"left-ACA", "left-CA3", "left-DG", "left-LS", "left-MOs",
                                      "left-SUB", "left-VISp"}));
  EXPECT_EQ(paper.units(), 734U - 18U);  // without root
}

TEST_F(RecordingSteinmetz, NeuromatchGivesTheDatasetOfTheArchive) {
  const Cori from;
  constexpr std::size_t before = 50, bins = 250;
  std::vector<std::int8_t> spikes(from.neurons * from.trials * bins, 0);
  std::vector<std::u32string> areas;
  for (std::size_t neuron = 0; neuron < from.neurons; ++neuron) {
    areas.emplace_back(from.regions[neuron].begin(), from.regions[neuron].end());
    for (std::size_t n = 0; n < from.trials; ++n) {
      spikes[(neuron * from.trials + n) * bins + 3] = 1;
      for (std::size_t bin = 0; bin < from.bins; ++bin) {
        spikes[(neuron * from.trials + n) * bins + before + bin] = from.count(n, bin, neuron);
      }
    }
  }
  const std::string trials = std::to_string(from.trials), neurons = std::to_string(from.neurons);
  const fs::path file = folder / "Cori_2016-12-14.npz";
  write_npz(file, {{"spks", npy("|i1", "(" + neurons + ", " + trials + ", 250)", bytes_of(spikes))},
                   {"brain_area", npy("<U4", "(" + neurons + ",)", ucs4(areas, 4))},
                   {"response", npy("|i1", "(" + trials + ",)", bytes_of(from.choice))},
                   {"response_time", reals(from.response, "False")},
                   {"contrast_left", npy("<f8", "(" + trials + ",)", bytes_of(from.left))},
                   {"contrast_right", npy("<f8", "(" + trials + ",)", bytes_of(from.right))},
                   {"bin_size", npy("<f8", "()", bytes_of<double>({0.01}))},
                   {"stim_onset", npy("<f8", "()", bytes_of<double>({0.5}))}});
  NmaImport options;
  options.time_limit = 0.4;
  options.stimulus = StimulusEncoding::one_hot;
  expect_same(import_nma(std::vector{file}, options).data, npz_of_cori(false), 1e-9);
}

/// Two trials at 1 and 3 s, answered left and right; three clusters on two channels.
Archive small_session() {
  return {{"trials.visualStim_times", reals<double>({1, 3})},
          {"trials.visualStim_contrastLeft", reals<double>({1, 0})},
          {"trials.visualStim_contrastRight", reals<double>({0, 0.5})},
          {"trials.response_times", reals<double>({1.75, 4.5})},
          {"trials.response_choice", reals<double>({1, -1})},
          {"spikes.times", reals<double>({0.5, 1, 1.25, 1.5, 3.125, 3.5})},
          {"spikes.clusters", npy("<u4", "(6,)", bytes_of<std::uint32_t>({0, 0, 2, 1, 2, 0}))},
          {"clusters._phy_annotation", reals<double>({3, 1, 2})},
          {"clusters.peakChannel", reals<double>({1, 1, 2})},
          // Columns: two starts, a flinch and turns right and left; ends.
          {"wheelMoves.intervals",
           npy("<f8", "(4, 2)", bytes_of<double>({1.125, 1.25, 1.5, 3.25, 2, 2, 2, 4}), 1, "True")},
          {"wheelMoves.type", reals<double>({0, 2, 1, 2})}};
}
const std::string channels = "ccf_lr\tallen_ontology\r\n5000\tMOs\r\n6000\tVISp\r\n";

class Alf : public Scratch {
 protected:
  [[nodiscard]] Imported import(const Archive& arrays, AlfImport options = {},
                                const std::string& locations = channels) const {
    if (!options.time_limit) options.time_limit = 1;
    write_folder(folder / "mouse", arrays, {{"channels.brainLocation.tsv", locations}});
    return import_alf(std::vector{folder / "mouse"}, options);
  }
};

TEST_F(Alf, TimesStartAtTheStimulus) {
  const Dataset data = import(small_session()).data;
  EXPECT_EQ(data.session_names, std::vector<std::string>{"mouse"});
  EXPECT_EQ(data.region_names, (std::vector<std::string>{"MOs", "VISp"}));
  EXPECT_EQ(data.unit.id, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(data.trial.response_time, (std::vector<double>{0.75, 1.5}));
  EXPECT_EQ(data.trial.observed_until, (std::vector<double>{0.75, 1}));
  EXPECT_EQ(data.spike.time, (std::vector<double>{0, 0.25, 0.125, 0.5}));
  EXPECT_EQ(data.spike.unit, (std::vector<std::int32_t>{0, 1, 1, 0}));
  EXPECT_EQ(data.trial.stimulus, (std::vector<double>{1, 0, 0, 0.5}));
}

TEST_F(Alf, TrialsKeepTheirPlacesAmongAll) {
  Archive session = small_session();
  session["trials.included"] = npy("|b1", "(2, 1)", std::string("\0\1", 2));
  AlfImport options;
  options.included_only = true;
  const Dataset data = import(session, options).data;
  EXPECT_EQ(data.trial.number, std::vector<std::int64_t>{1});
  EXPECT_EQ(data.session_trials, std::vector<std::int64_t>{2});
}

TEST_F(Alf, ResponsesAreMovementsWhereAskedFor) {
  AlfImport options;
  options.response = AlfImport::Response::movement;
  options.hemispheres = true;
  const Imported imported = import(small_session(), options);
  EXPECT_EQ(imported.data.trial.response_time, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(imported.data.region_names, (std::vector<std::string>{"left-MOs", "right-VISp"}));
  EXPECT_TRUE(imported.notes.empty());
  Archive late = small_session();
  late["wheelMoves.type"] = reals<double>({0, 2, 2, 2});
  const Imported without = import(late, options);
  EXPECT_TRUE(std::isnan(without.data.trial.response_time[0]));
  EXPECT_EQ(without.notes.size(), 1U);
  EXPECT_EQ(without.data.trial.choice[0], 1);
}

struct BrokenFolder {
  const char* name;
  const char* array;
  std::string bytes;
  const char* message;  ///< what follows the folder's name
};
void PrintTo(const BrokenFolder& broken, std::ostream* out) {
  *out << broken.name;
}
class BrokenAlf : public Alf, public ::testing::WithParamInterface<BrokenFolder> {};

TEST_P(BrokenAlf, IsRefusedWithFileAndIndex) {
  Archive arrays = small_session();
  arrays[GetParam().array] = GetParam().bytes;
  AlfImport options;
  options.response = AlfImport::Response::movement;
  options.hemispheres = true;
  const std::string expected = (folder / "mouse").string() + "/" + GetParam().message;
  EXPECT_EQ(message([&] { (void)import(arrays, options); }).substr(0, expected.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Import, BrokenAlf,
    ::testing::Values(
        BrokenFolder{"OnsetNaN", "trials.visualStim_times", reals<double>({1, nan}),
                     "trials.visualStim_times.npy[1,0]: is not finite"},
        BrokenFolder{"Contrasts", "trials.visualStim_contrastLeft", reals<double>({1}),
                     "trials.visualStim_contrastLeft.npy: has the shape (1, 1), not (2)"},
        BrokenFolder{"Choice", "trials.response_choice", reals<double>({1, 0.5}),
                     "trials.response_choice.npy[1,0]: must be +1 left"},
        BrokenFolder{"Clusters", "spikes.clusters",
                     npy("<u4", "(2,)", bytes_of<std::uint32_t>({0, 0})),
                     "spikes.clusters.npy: has the shape (2), not (6)"},
        BrokenFolder{"Cluster", "spikes.clusters",
                     npy("<u4", "(6,)", bytes_of<std::uint32_t>({0, 0, 3, 1, 2, 0})),
                     "spikes.clusters.npy[2]: there is no cluster 3 (there are 3)"},
        BrokenFolder{"TimeNaN", "spikes.times", reals<double>({0, nan, 0, 0, 0, 0}),
                     "spikes.times.npy[1,0]: is not finite"},
        BrokenFolder{"Channel", "clusters.peakChannel", reals<double>({1, 1, 3}),
                     "clusters.peakChannel.npy[2,0]: there is no channel 3 (there are 2)"},
        BrokenFolder{"ChannelZero", "clusters.peakChannel", reals<double>({0, 1, 2}),
                     "clusters.peakChannel.npy[0,0]: there is no channel 0"},
        BrokenFolder{"Moves", "wheelMoves.type", reals<double>({1}),
                     "wheelMoves.intervals.npy: has the shape (4, 2), not (1, 2)"},
        BrokenFolder{"Text", "spikes.times", "no array", "spikes.times.npy: is not a NumPy array"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Alf, WhatIsMissingIsNamed) {
  Archive arrays = small_session();
  arrays.erase("spikes.times");
  const std::string expected = (folder / "mouse/spikes.times.npy").string() + ": is missing";
  EXPECT_EQ(message([&] { (void)import(arrays); }).substr(0, expected.size()), expected);
  EXPECT_THROW((void)import(small_session(), {}, "ccf_lr\n5000\n6000\n"), DataError);
  EXPECT_THROW((void)import(small_session(), {}, "ccf_lr\tallen_ontology\n5000\n"), DataError);
  EXPECT_THROW((void)import_alf(std::vector{folder / "none"}, {}), UsageError);  // no time limit
  AlfImport options;
  options.time_limit = 1;
  EXPECT_THROW((void)import_alf(std::vector{folder / "none"}, options), ResourceError);
}

}  // namespace
}  // namespace nnpoisson::testing
