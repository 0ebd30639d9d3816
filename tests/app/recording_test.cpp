#include <gtest/gtest.h>

#include <filesystem>

#include "app/program.hpp"
#include "nnpoisson/dataset.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

struct Recording {
  const char* name;
  std::vector<std::string> sources;  ///< below the folder of recordings
  std::vector<std::string> options;
  std::size_t trials, units;
};

/// From recordings to an evaluated model, by the commands that docs/walkthrough.md shows.
class RecordingRun : public ::testing::TestWithParam<Recording> {};

TEST_P(RecordingRun, FromArchiveToEvaluation) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5", train = folder / "train.h5", test = folder / "test.h5",
             run = folder / "run";
  std::vector<std::string> import{"import", "npz"};
  for (const auto& source : GetParam().sources)
    import.push_back(std::filesystem::path(NNPOISSON_SHARED_DIR) / "data" / source);
  import.insert(import.end(), {"--out", data});
  import.insert(import.end(), GetParam().options.begin(), GetParam().options.end());
  expect_done(import);

  const auto recording = read_dataset(data);
  EXPECT_EQ(recording.trials(), GetParam().trials);
  EXPECT_EQ(recording.units(), GetParam().units);
  EXPECT_EQ(recording.sessions(), GetParam().sources.size());
  const auto table = expect_done({"info", data}).out;
  EXPECT_NE(table.find("trials     " + std::to_string(GetParam().trials) + ","), std::string::npos)
      << table;
  for (const auto& region : recording.region_names)
    EXPECT_NE(table.find("\n" + region + " "), std::string::npos) << table;
  EXPECT_NE(expect_done({"info", "--json", data})
                .out.find("\"units\": " + std::to_string(GetParam().units)),
            std::string::npos);

  expect_done(
      {"split", data, "--test", "0.25", "--seed", "1", "--out-train", train, "--out-test", test});
  EXPECT_EQ(read_dataset(train).trials() + read_dataset(test).trials(), recording.trials());
  EXPECT_EQ(read_dataset(train).units(), recording.units());

  expect_done({"train", "--quiet", "--train", train, "--test", test, "--out", run, "--set",
               "train.iterations=2", "--set", "train.episodes=2"});
  const auto evaluation = expect_done({"evaluate", "--model", run / "model.h5", "--data", test,
                                       "--out", folder / "metrics.json"})
                              .out;
  for (const auto& region : recording.region_names)
    EXPECT_NE(evaluation.find("\n" + region + " "), std::string::npos) << evaluation;
  EXPECT_TRUE(fs::exists(folder / "metrics.json"));
}

INSTANTIATE_TEST_SUITE_P(
    All, RecordingRun,
    ::testing::Values(
        Recording{
            "Cori", {"steinmetz2019/Cori_2016-12-14.npz"}, {"--stimulus", "one-hot"}, 214, 734},
        Recording{"T176",
                  {"luo2025/T176_2018_05_03.npz", "luo2025/T176_2018_05_04.npz",
                   "luo2025/T176_2018_05_08.npz"},
                  {"--stimulus", "standardise"},
                  1627,
                  206},
        Recording{"T035",
                  {"depasquale2024/T035_165058.npz"},
                  {"--time-limit", "1", "--stimulus", "standardise"},
                  338,
                  4}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace nnpoisson::app
