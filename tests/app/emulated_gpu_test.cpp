#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "app/program.hpp"
#include "app/small_run.hpp"
#include "app/tables.hpp"
#include "random_dataset.hpp"

/// Whole commands on emulated GPUs (tests/simt/emulated_machine.cpp): the program as it is, with
/// several backends and several devices in one process.
namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

class EmulatedGpus : public ::testing::Test {
 protected:
  void SetUp() override {
    cards("free free");
    ::setenv("NNP_CARDS_LOG", (folder_ / "cards.log").c_str(), 1);
    write_dataset(train_, testing::random_dataset({.seed = 1, .trials = 24, .stimuli = 9}));
    write_dataset(test_, testing::random_dataset({.seed = 2, .trials = 10, .stimuli = 9}));
  }
  static void cards(const char* what) { ::setenv("NNP_CARDS", what, 1); }
  /// Launches of each card in the last command.
  std::vector<int> launches() {
    std::vector<int> counts;
    std::ifstream log(folder_ / "cards.log");
    for (std::string line; std::getline(log, line);)
      counts.push_back(std::stoi(line.substr(line.find(": ") + 2)));
    fs::remove(folder_ / "cards.log");
    return counts;
  }
  /// Of a launch on the first card in the last command.
  int most_shared_bytes() {
    const std::string log = bytes_of(folder_ / "cards.log"), before = "up to ";
    return std::stoi(log.substr(log.find(before) + before.size()));
  }
  static std::vector<std::string> with(std::vector<std::string> words,
                                       const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void expect_refused_there(const std::vector<std::string>& words, int status,
                            const std::string& message) const {
    expect_refused(words, status, message, emulated_);
  }

  const Conditions emulated_{.program = NNPOISSON_EMULATED};
  fs::path folder_ = fresh_folder(), train_ = folder_ / "train.h5", test_ = folder_ / "test.h5";
};

void expect_close(const fs::path& a, const fs::path& b) {
  const auto ours = cut(bytes_of(a), '\n'), theirs = cut(bytes_of(b), '\n');
  ASSERT_EQ(ours.size(), theirs.size());
  EXPECT_GT(expect_close_rows(ours, theirs), 10U);
}

/// Training, validation and test have a backend each, and so has the sample that measures what
/// time_resolution costs. Counts of all regions in a training step take more shared memory than a
/// kernel may have unasked, and more than the test set's regions one by one.
TEST_F(EmulatedGpus, TrainWithATestSet) {
  for (const char* preset : {"exact", "authors"}) {
    SCOPED_TRACE(preset);
    const bool counts = std::string(preset) == "exact";
    for (const auto& [file, trials] : {std::pair{train_, 24}, std::pair{test_, 10}})
      write_dataset(
          file,
          testing::random_dataset(
              {.regions = 17, .trials = trials, .stimuli = 9, .bin_width = counts ? 0.05 : 0.0}));
    const auto words = [&](const fs::path& out, const char* backend) {
      return short_training(train_, out,
                            {"--test", test_, "--preset", preset, "--backend", backend});
    };
    expect_done(words(folder_ / preset / "gpu", "cuda"), emulated_);
    if (counts) {
      EXPECT_GT(most_shared_bytes(), 48 << 10);
    }
    EXPECT_GT(launches().at(0), 0);
    expect_done(words(folder_ / preset / "cpu", "cpu"));
    expect_close(folder_ / preset / "gpu" / "test.csv", folder_ / preset / "cpu" / "test.csv");
    const std::string log = bytes_of(folder_ / preset / "gpu" / "run.log");
    EXPECT_NE(log.find("cuda (emulated GPU (device 0)), float"), std::string::npos) << log;
  }
}

TEST_F(EmulatedGpus, TrainOnTheDeviceAskedFor) {
  expect_done(short_training(train_, folder_ / "first", {"--backend", "cuda"}), emulated_);
  const auto of_first = launches();
  expect_done(short_training(train_, folder_ / "second", {"--device", "1"}), emulated_);
  const auto of_second = launches();
  EXPECT_EQ(of_second, (std::vector{0, of_first.at(0)}));
  EXPECT_EQ(bytes_of(folder_ / "first" / "test.csv"), bytes_of(folder_ / "second" / "test.csv"));
}

/// Where the first device cannot be used the next one is, and the log says so.
TEST_F(EmulatedGpus, TakeTheFirstThatCanBeUsed) {
  cards("busy old free");
  expect_done(short_training(train_, folder_ / "run", {"--backend", "cuda"}), emulated_);
  EXPECT_EQ(launches().at(0), 0);
  EXPECT_NE(bytes_of(folder_ / "run" / "run.log").find("device 2"), std::string::npos);
}

class EmulatedSweep : public EmulatedGpus {
 protected:
  [[nodiscard]] std::vector<std::string> words(const char* out,
                                               const std::vector<std::string>& more) const {
    return with({"sweep",    "--quiet",
                 "--preset", "exact",
                 "--train",  train_,
                 "--test",   test_,
                 "--out",    folder_ / out,
                 "--grid",   "train.learning_rate=0.01,0.03",
                 "--folds",  "2",
                 "--seeds",  "0,5",
                 "--set",    "train.iterations=2",
                 "--set",    "train.batches=2"},
                more);
  }
  void expect_same(const char* a, const char* b) const {
    expect_same_files(folder_ / a, folder_ / b,
                      {"table.csv", "table.json", "best/model.h5", "best/test.csv"});
  }
};

TEST_F(EmulatedSweep, HasTheSameTableOnOneDeviceAndOnSeveral) {
  expect_done(words("one", {"--backend", "cuda"}), emulated_);
  const auto alone = launches();
  EXPECT_GT(alone.at(0), 0);
  EXPECT_EQ(alone.at(1), 0);

  expect_done(words("two", {"--devices", "all"}), emulated_);
  for (const int count : launches()) EXPECT_GT(count, 0);
  expect_same("one", "two");

  expect_done(words("second", {"--devices", "1", "--side-by-side", "2"}), emulated_);
  EXPECT_EQ(launches().at(0), 0);
  expect_same("one", "second");

  expect_done(words("cpu", {"--backend", "cpu", "--threads", "1"}));
  expect_close(folder_ / "one" / "best" / "test.csv", folder_ / "cpu" / "best" / "test.csv");
}

TEST_F(EmulatedSweep, ProcessesOfAMachineTakeADeviceEach) {
  if (std::string(NNPOISSON_MPIRUN).empty()) GTEST_SKIP() << "this build has no MPI";
  expect_done(words("one", {"--backend", "cuda"}), emulated_);
  launches();
  const auto ended = run(words("two", {"--backend", "cuda"}), under_mpirun(2, emulated_));
  EXPECT_EQ(ended.status, 0) << ended.err;
  const auto counts = launches();  // of two processes, each with both devices in view
  ASSERT_EQ(counts.size(), 4U);
  for (const std::size_t process : {0U, 2U})
    EXPECT_TRUE((counts[process] > 0) != (counts[process + 1] > 0));
  EXPECT_TRUE((counts[0] > 0) != (counts[2] > 0));
  expect_same("one", "two");
}

TEST_F(EmulatedGpus, SimulateOnSeveral) {
  const auto words = [&](const char* name, const std::vector<std::string>& more) {
    return with({"simulate", "wimmer", "--quiet", "--train-test", "--trials", "4", "--duration",
                 "0.03", "--stimulus-window", "0.01,0.025", "--out", folder_ / name / "data.h5",
                 "--raw", folder_ / name / "raw.h5"},
                more);
  };
  const auto expect_same = [&](const char* a, const char* b) {
    expect_same_files(folder_ / a, folder_ / b, {"data-train.h5", "data-test.h5", "raw.h5"});
  };
  expect_done(words("cpu", {"--backend", "cpu", "--threads", "1"}));
  expect_done(words("two", {"--devices", "all"}), emulated_);
  EXPECT_EQ(launches(), (std::vector{1, 1})) << "three trials each";
  expect_same("two", "cpu");
  expect_done(words("second", {"--device", "1"}), emulated_);
  EXPECT_EQ(launches(), (std::vector{0, 2}));
  expect_same("second", "cpu");
}

TEST_F(EmulatedGpus, InfoListsThem) {
  cards("free busy old");
  const std::string out = expect_done({"info", "--devices"}, emulated_).out;
  EXPECT_NE(out.find("cuda: emulated GPU (device 0): sm_90, 1.0 GiB, 1 multiprocessor, up to 1500 "
                     "MHz, memory 2500 MHz: can be used\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("(device 2): sm_70, 1.0 GiB, 1 multiprocessor, up to 1500 MHz, memory 2500 "
                     "MHz: architecture sm_70 is not in this "
                     "build; build with CMAKE_CUDA_ARCHITECTURES=70\n"),
            std::string::npos)
      << out;
}

TEST_F(EmulatedGpus, NameWhatCannotBe) {
  cards("free busy old");
  const auto train = [&](const std::vector<std::string>& more) {
    return short_training(train_, folder_ / "run", more);
  };
  const std::string no_device =
      ": there is no device 7; nnpoisson info --devices lists what there is";
  expect_refused_there(train({"--device", "7"}), 4, "--device" + no_device);
  expect_refused_there(train({"--device", "x"}), 2, "--device: *");
  expect_refused_there(train({"--device", "-1"}), 2, "--device: *");
  expect_refused_there(
      train({"--device", "2"}), 4,
      "--device: cuda: emulated GPU (device 2): architecture sm_70 is not in this build; *");
  expect_refused_there(
      train({"--device", "1"}), 4,
      "backend cuda: emulated GPU (device 1): another process has it to itself; *");
  for (const char* backend : {"cpu", "reference"})
    expect_refused_there(train({"--device", "0", "--backend", backend}), 2,
                         "--device is of --backend cuda; leave one of the two out");
  expect_refused_there(
      train({"--device", "0", "--instruction-set", "sse2"}), 2,
      "--device and --instruction-set are of different backends; leave one of the two out");

  const auto sweep = [&](const std::string& devices) {
    return std::vector<std::string>{"sweep", "--preset",        "exact",  "--train", train_,
                                    "--out", folder_ / "sweep", "--grid", "paper",   "--devices",
                                    devices};
  };
  for (const char* devices : {"0,x", "0,", ",0", "any", "-1", "0 1"})
    expect_refused_there(
        sweep(devices), 2,
        "--devices: must be all, or numbers as in 0,1 that nnpoisson info --devices lists, not *");
  expect_refused_there(sweep("0,0"), 2, "--devices: 0 is given twice");
  expect_refused_there(sweep("0,7"), 4, "--devices" + no_device);
  expect_refused_there({"simulate", "wimmer", "--out", folder_ / "w.h5", "--devices", "7"}, 4,
                       "--devices" + no_device);
  expect_refused_there(
      {"simulate", "wimmer", "--out", folder_ / "w.h5", "--devices", "0", "--backend", "cpu"}, 2,
      "--devices is of --backend cuda; leave one of the two out");
  cards("");
  expect_refused_there(
      sweep("all"), 4,
      "--devices all: cuda: no device is visible; look at nvidia-smi and CUDA_VISIBLE_DEVICES");
  EXPECT_FALSE(fs::exists(folder_ / "run") || fs::exists(folder_ / "sweep") ||
               fs::exists(folder_ / "w.h5"));
}

}  // namespace
}  // namespace nnpoisson::app
