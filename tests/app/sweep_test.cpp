#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "app/small_run.hpp"
#include "random_dataset.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

class Sweep : public ::testing::Test {
 protected:
  void SetUp() override {
    write_dataset(train_, testing::random_dataset({.seed = 1, .trials = 50, .stimuli = 9}));
    write_dataset(test_, testing::random_dataset({.seed = 1, .trials = 20, .stimuli = 9}));
  }
  /// 4 configurations x 3 folds x 2 seeds.
  [[nodiscard]] std::vector<std::string> words(const fs::path& out,
                                               const std::vector<std::string>& more = {},
                                               int iterations = 6) const {
    std::vector<std::string> all{"sweep",    "--quiet",
                                 "--preset", "exact",
                                 "--train",  train_,
                                 "--test",   test_,
                                 "--out",    out,
                                 "--grid",   "model.hidden_width=4,6",
                                 "--grid",   "train.learning_rate=0.01,0.03",
                                 "--folds",  "3",
                                 "--seeds",  "0,5",
                                 "--set",    "train.batches=2",
                                 "--set",    "train.iterations=" + std::to_string(iterations)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// The words with another value of an option that is there.
  static std::vector<std::string> with(std::vector<std::string> all, const std::string& option,
                                       const std::string& value) {
    *(std::find(all.begin(), all.end(), option) + 1) = value;
    return all;
  }
  /// The same of preset neurons.
  [[nodiscard]] std::vector<std::string> words_by_neuron(const fs::path& out,
                                                         const std::string& threads) const {
    return {"sweep",     "--quiet",
            "--preset",  "neurons",
            "--train",   train_,
            "--test",    test_,
            "--out",     out,
            "--grid",    "train.shrinkage=1,10",
            "--folds",   "3",
            "--seeds",   "0",
            "--set",     "train.batches=2",
            "--set",     "train.iterations=6",
            "--threads", threads};
  }
  static std::size_t fits(const fs::path& out) {
    if (!fs::exists(out / "fits")) return 0;
    const auto is_whole = [](const fs::directory_entry& entry) {
      return entry.path().extension() == ".json";
    };
    return static_cast<std::size_t>(
        std::count_if(fs::directory_iterator(out / "fits"), fs::directory_iterator(), is_whole));
  }
  static void expect_same(const fs::path& a, const fs::path& b) {
    expect_same_files(a, b,
                      {"table.csv", "table.json", "sweep.json", "best/model.h5", "best/test.csv"});
  }
  fs::path folder_ = fresh_folder(), train_ = folder_ / "train.h5", test_ = folder_ / "test.h5";
};

TEST_F(Sweep, ByNeuronIsTheSameOnAnyThreads) {
  expect_done(words_by_neuron(folder_ / "one", "1"));
  expect_done(words_by_neuron(folder_ / "three", "3"));
  EXPECT_EQ(fits(folder_ / "one"), 6U);
  expect_same(folder_ / "one", folder_ / "three");
}

TEST_F(Sweep, SameTableWhateverRunsSideBySide) {
  expect_done(words(folder_ / "one", {"--threads", "1"}));
  expect_done(words(folder_ / "three", {"--threads", "3"}));
  expect_done(words(folder_ / "in_turn", {"--threads", "2", "--side-by-side", "1"}));
  expect_same(folder_ / "one", folder_ / "three");
  expect_same(folder_ / "one", folder_ / "in_turn");
  EXPECT_EQ(fits(folder_ / "one"), 24U);
  const std::string table = bytes_of(folder_ / "one" / "table.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 5);
  EXPECT_EQ(std::count(table.begin(), table.end(), '*'), 1);
  EXPECT_EQ(table.find("nan"), std::string::npos);

  expect_done(words(folder_ / "other", {"--threads", "2", "--seed", "9", "--no-refit"}));
  EXPECT_NE(bytes_of(folder_ / "other" / "table.csv"), table);
  EXPECT_FALSE(fs::exists(folder_ / "other" / "best"));
  expect_done({"evaluate", "--model", folder_ / "one" / "best" / "model.h5", "--data", test_});
}

TEST_F(Sweep, SameTableKilledAndResumed) {
  constexpr int iterations = 60;
  const auto whole = folder_ / "whole", broken = folder_ / "broken";
  expect_done(words(whole, {"--threads", "2"}, iterations));
  for (const std::size_t after : {0U, 3U, 11U, 20U}) {
    const int number = after == 11 ? SIGINT : SIGKILL;
    Running running(words(broken, {"--threads", "2", "--resume"}, iterations));
    while (!running.ended() && fits(broken) < after)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    running.send(number);
    EXPECT_EQ(running.wait().status, 128 + number);
    EXPECT_FALSE(fs::exists(broken / "table.csv"));
    EXPECT_LT(fits(broken), 24U);
  }
  EXPECT_GE(fits(broken), 20U);
  expect_done(words(broken, {"--threads", "1", "--resume"}, iterations));
  expect_same(whole, broken);
  const auto before = fs::last_write_time(broken / "fits" / "configuration-0-fold-0-seed-0.json");
  expect_done(words(broken, {"--resume"}, iterations));  // nothing is left to do
  EXPECT_EQ(fs::last_write_time(broken / "fits" / "configuration-0-fold-0-seed-0.json"), before);
  expect_same(whole, broken);
}

TEST_F(Sweep, RefusesOtherFoldersAndOtherSweeps) {
  const auto out = folder_ / "sweep";
  expect_done(words(out, {"--threads", "2", "--no-refit"}, 2));
  const std::string table = bytes_of(out / "table.csv"), name = out.string();
  expect_refused(words(out, {}, 2), 2,
                 name + ": already holds a sweep; use --resume, --overwrite or another --out");
  const std::string other = name +
                            "/sweep.json: is of another sweep; give the same data, settings, "
                            "--grid, --folds and --seeds to resume, or another --out";
  expect_refused(words(out, {"--resume"}, 3), 2, other);
  expect_refused(words(out, {"--resume", "--grid", "model.time_width=3"}, 2), 2, other);
  EXPECT_EQ(bytes_of(out / "table.csv"), table);

  // The sweep itself is the same where its record names the readout, as it once did.
  std::string record = bytes_of(out / "sweep.json");
  record.insert(record.find("stimulus_bypass"), R"(readout = \"region\"\n)");
  std::ofstream(out / "sweep.json") << record;
  std::ofstream(out / "fits" / "configuration-1-fold-2-seed-5.json") << "{}";
  expect_refused(
      words(out, {"--resume"}, 2), 3,
      name + "/fits/configuration-1-fold-2-seed-5.json: is not the result of that fit; *");
  expect_done(words(out, {"--overwrite", "--no-refit"}, 3));
  EXPECT_NE(bytes_of(out / "table.csv"), table);
  expect_refused(words(out, {"--resume", "--overwrite"}, 3), 2,
                 "--resume and --overwrite exclude each other");

  const auto fresh = folder_ / "fresh";
  expect_refused(with(words(fresh), "--folds", "51"), 2,
                 "folds: 51 of 50 trials; at least 2 are needed, and a trial for each");
  expect_refused(with(words(fresh), "--seeds", "0,0"), 2,
                 "--seeds: a seed is given twice; the same fit would count twice");
  expect_refused(words(fresh, {"--instruction-set", "avx1024"}), 4, "instruction set avx1024: *");
  const Dataset longer = testing::random_dataset({.seed = 1, .trials = 20, .time_limit = 0.5});
  write_dataset(folder_ / "longer.h5", longer);
  expect_refused(with(words(fresh), "--test", folder_ / "longer.h5"), 3,
                 (folder_ / "longer.h5").string() +
                     ": time_limit is 0.5 s, where the training set has 0.75 s");
  EXPECT_FALSE(fs::exists(fresh));
}

/// A stimulus that a float does not hold: the fits in double are as good as ever.
TEST_F(Sweep, GoesOnAfterNumericalFailures) {
  Dataset loud = testing::random_dataset({.seed = 1, .trials = 50, .stimuli = 9});
  loud.trial.stimulus[0] = 1e300;
  write_dataset(folder_ / "loud.h5", loud);
  const auto out = folder_ / "sweep";
  const auto ended = run({"sweep", "--quiet", "--preset", "exact", "--train", folder_ / "loud.h5",
                          "--out", out, "--grid", "train.precision=float,double", "--folds", "3",
                          "--set", "train.iterations=3", "--set", "train.batches=2"});
  EXPECT_EQ(ended.status, 5);
  EXPECT_EQ(ended.err, "nnpoisson: " + out.string() +
                           ": 3 of 6 fits ended in a loss or gradient that is not finite; the "
                           "table tells which, try a smaller "
                           "train.learning_rate\n");
  const std::string table = bytes_of(out / "table.csv");
  EXPECT_NE(table.find("\n0,float,,3,3,,"), std::string::npos) << table;
  EXPECT_NE(table.find("\n1,double,*,3,0,"), std::string::npos) << table;
  EXPECT_NE(bytes_of(out / "table.json").find("not finite"), std::string::npos);
  EXPECT_TRUE(fs::exists(out / "best" / "model.h5"));
}

/// Processes started by mpirun on this machine.
class SweepRanks : public Sweep {
 protected:
  void SetUp() override {
    if (std::string(NNPOISSON_MPIRUN).empty()) GTEST_SKIP() << "this build has no MPI";
    Sweep::SetUp();
  }
};

TEST_F(SweepRanks, SameTableAsOneProcess) {
  expect_done(words(folder_ / "one", {"--threads", "1"}, 40));
  const auto ended = run(words(folder_ / "two", {"--threads", "1"}, 40), under_mpirun(2));
  EXPECT_EQ(ended.status, 0) << ended.err;
  expect_same(folder_ / "one", folder_ / "two");
}

TEST_F(SweepRanks, KilledAndResumedByOneProcess) {
  constexpr int iterations = 60;
  expect_done(words(folder_ / "whole", {"--threads", "1"}, iterations));
  const auto broken = folder_ / "broken";
  {
    Running running(words(broken, {"--threads", "1"}, iterations), under_mpirun(2));
    while (!running.ended() && fits(broken) < 5)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    running.send(SIGTERM);  // mpirun ends its processes
    EXPECT_NE(running.wait().status, 0);
  }
  EXPECT_FALSE(fs::exists(broken / "table.csv"));
  expect_done(words(broken, {"--threads", "1", "--resume"}, iterations));
  expect_same(folder_ / "whole", broken);
}

TEST_F(SweepRanks, OneProcessTellsWhatIsWrong) {
  const std::string missing = folder_ / "missing.h5";
  const auto wrong = with(words(folder_ / "sweep"), "--train", missing);
  const auto ended = run(wrong, under_mpirun(2));
  EXPECT_EQ(ended.status, run(wrong).status) << ended.err;
  const std::string line = "nnpoisson: " + missing;
  const auto at = ended.err.find(line);
  ASSERT_NE(at, std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("nnpoisson: ", at + 1), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace nnpoisson::app
