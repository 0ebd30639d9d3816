#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "app/small_run.hpp"
#include "random_dataset.hpp"

namespace nnpoisson::app {
namespace {

struct Edge {
  const char* name;
  std::function<Dataset()> made;
  std::vector<std::string> more{};
  std::vector<std::string> presets{"neurons", "exact", "authors"};  ///< that can be fitted to it
};
void PrintTo(const Edge& edge, std::ostream* out) {
  *out << edge.name;
}

Dataset usual(const std::function<void(testing::RandomDataset&)>& change = [](auto&) {}) {
  testing::RandomDataset like;
  change(like);
  return testing::random_dataset(like);
}

Dataset silent() {
  Dataset data = usual();
  data.spike.offset.assign(data.trials() + 1, 0);
  data.spike.time.clear();
  data.spike.unit.clear();
  return data;
}

Dataset constant_stimulus() {
  Dataset data = usual();
  std::fill(data.trial.stimulus.begin(), data.trial.stimulus.end(), 1.0);
  return data;
}

Dataset without_units() {
  Dataset data = silent();
  data.unit = {};
  return data;
}

/// Legal data at the edge of what there can be: training ends well, its losses are numbers, and
/// what it leaves can be evaluated and drawn from.
class EdgeCase : public ::testing::TestWithParam<Edge> {};

TEST_P(EdgeCase, Trains) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5";
  write_dataset(data, GetParam().made());
  for (const std::string& preset : GetParam().presets) {
    const auto run = folder / preset;
    auto more = GetParam().more;
    more.insert(more.end(), {"--preset", preset, "--test", data});
    expect_done(short_training(data, run, more));
    const std::string table = bytes_of(run / "test.csv");
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4) << table;
    EXPECT_EQ(table.find("nan"), std::string::npos) << table;
    EXPECT_EQ(table.find("inf"), std::string::npos) << table;
    const std::string model = run / "model.h5";
    expect_done({"evaluate", "--model", model, "--data", data, "--out", folder / "metrics.json"});
    expect_done({"evaluate", "--model", model, "--data", data, "--json"});
    expect_done({"sample", "--model", model, "--like", data, "--out", folder / "sampled.h5"});
    expect_done({"info", folder / "sampled.h5"});
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EdgeCase,
    ::testing::Values(
        Edge{"SilentAndEmptyRegion", [] { return usual(); }},
        Edge{"RegionSilentInABatch",
             [] { return usual([](auto& d) { d.spikes_per_unit = 0.05; }); },
             {"--set", "train.batches=5"}},
        Edge{"NoSpikeAtAll", silent}, Edge{"NoUnits", without_units},
        Edge{"NoResponses",
             [] { return usual([](auto& d) { d.responses = testing::Responses::none; }); }},
        Edge{"OneTrial", [] { return usual([](auto& d) { d.trials = 1, d.sessions = 1; }); }},
        Edge{"TwoTrials", [] { return usual([](auto& d) { d.trials = 2; }); }},
        Edge{"OneRegion", [] { return usual([](auto& d) { d.regions = 1; }); }},
        Edge{"MoreBatchesThanTrials",
             [] { return usual([](auto& d) { d.trials = 4; }); },
             {"--set", "train.batches=9"}},
        Edge{"EveryTrialItsOwnStimulus", [] { return usual([](auto& d) { d.stimuli = 0; }); }},
        Edge{"ConstantStimulus", constant_stimulus},
        Edge{"OneFeature", [] { return usual([](auto& d) { d.features = 1; }); }},
        Edge{"WidthsOne",
             [] { return usual(); },
             {"--set", "model.stimulus_widths=[1,1]", "--set", "model.time_width=1", "--set",
              "model.hidden_width=1", "--set", "model.behaviour_width=1"},
             {"exact", "authors"}},
        Edge{"OneFeatureOfTime",
             [] { return usual(); },
             {"--set", "model.features=1", "--set", "model.rank=1"},
             {"neurons"}},
        Edge{"HeadsOfRegions",
             [] { return usual(); },
             {"--set", "model.heads=regions"},
             {"neurons"}},
        Edge{"NoGains",
             [] { return usual(); },
             {"--set", "model.shared_gain=false", "--set", "model.private_gain=false", "--set",
              "model.drift=false"},
             {"neurons"}},
        Edge{"Merged", [] { return usual(); }, {"--set", "train.time_resolution=0.01"}},
        Edge{"InDouble", [] { return usual(); }, {"--set", "train.precision=double"}},
        Edge{"Reference", [] { return usual(); }, {"--backend", "reference"}},
        Edge{"ShortWindow", [] { return usual([](auto& d) { d.time_limit = 1e-6; }); }},
        Edge{"LongWindow", [] { return usual([](auto& d) { d.time_limit = 3600; }); }},
        Edge{"Counts",
             [] { return usual([](auto& d) { d.bin_width = 0.05; }); },
             {},
             {"neurons", "exact"}},
        Edge{"CountsWithoutResponses",
             [] {
               return usual(
                   [](auto& d) { d.bin_width = 0.1, d.responses = testing::Responses::none; });
             },
             {},
             {"neurons", "exact"}}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace nnpoisson::app
