#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "app/small_run.hpp"
#include "random_dataset.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

std::size_t lines(const fs::path& file) {
  if (!fs::exists(file)) return 0;
  const std::string text = bytes_of(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// run.log without its "# " lines, which tell of threads.
std::string log_of(const fs::path& run) {
  std::string kept, text = bytes_of(run / "run.log");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at) + 1;
    if (!text.substr(at, end - at).starts_with("# ")) kept += text.substr(at, end - at);
    at = end;
  }
  return kept;
}

/// Everything a run leaves that holds its numbers. Our HDF5 files hold no time stamps: same
/// numbers, same bytes.
void expect_same_run(const fs::path& a, const fs::path& b) {
  EXPECT_EQ(log_of(a), log_of(b));
  std::size_t compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(a)) {
    const auto name = fs::relative(entry.path(), a);
    if (!entry.is_regular_file() || name == ".lock" || name == "run.log" || name == "config.toml")
      continue;
    EXPECT_TRUE(bytes_of(entry.path()) == bytes_of(b / name))
        << name << " differs between " << a << " and " << b;
    ++compared;
  }
  EXPECT_GE(compared, 6U)
      << "test.csv, region_index.csv, checkpoint.h5, model.h5 and two folders of weights";
}

class SameBits : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    write_dataset(train_,
                  testing::random_dataset({.seed = 1, .regions = 4, .trials = 60, .stimuli = 9}));
    write_dataset(test_,
                  testing::random_dataset({.seed = 1, .regions = 4, .trials = 20, .stimuli = 9}));
  }
  [[nodiscard]] std::vector<std::string> words(const fs::path& run, int iterations,
                                               const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"train",    "--quiet",
                                 "--preset", GetParam(),
                                 "--train",  train_,
                                 "--test",   test_,
                                 "--out",    run,
                                 "--set",    "train.batches=3",
                                 "--set",    "train.iterations=" + std::to_string(iterations),
                                 "--set",    "train.episodes=2",
                                 "--set",    "train.patience=1000"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  fs::path folder_ = fresh_folder(), train_ = folder_ / "train.h5", test_ = folder_ / "test.h5";
};

TEST_P(SameBits, WhateverTheThreads) {
  for (const char* threads : {"1", "2", "7"})
    expect_done(words(folder_ / threads, 22, {"--threads", threads}));
  expect_same_run(folder_ / "1", folder_ / "2");
  expect_same_run(folder_ / "1", folder_ / "7");
}

TEST_P(SameBits, WithTheSameSeedOnly) {
  const auto run = [&](const char* name, const char* seed) {
    expect_done(words(folder_ / name, 21, {"--seed", seed, "--threads", "1"}));
    return folder_ / name;
  };
  const auto first = run("first", "5"), again = run("again", "5"), other = run("other", "6");
  expect_same_run(first, again);
  EXPECT_NE(bytes_of(first / "test.csv"), bytes_of(other / "test.csv"));
  EXPECT_NE(bytes_of(first / "model.h5"), bytes_of(other / "model.h5"));
}

/// Waits for that many lines of test.csv, or for the end.
void wait_for_lines(Running& running, const fs::path& run, std::size_t count) {
  while (!running.ended() && lines(run / "test.csv") < count)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_P(SameBits, KilledAtTenMoments) {
  constexpr int iterations = 120, kills = 10;
  const auto whole = folder_ / "whole", broken = folder_ / "broken";
  const auto start = std::chrono::steady_clock::now();
  expect_done(words(whole, iterations, {"--threads", "1", "--checkpoint-seconds", "0"}));
  const auto each = (std::chrono::steady_clock::now() - start) / iterations;

  // Killed while loading, and else some time after so many iterations: spread over the run whatever
  // the speed of the machine.
  std::mt19937 random(20240);
  std::uniform_real_distribution<double> part(0, 1);
  int killed = 0;
  for (int k = 0; k < kills; ++k) {
    Running running(
        words(broken, iterations, {"--threads", "1", "--checkpoint-seconds", "0", "--resume"}));
    const bool loading = k % 4 == 0;
    if (!loading)
      wait_for_lines(running, broken, 2 + static_cast<std::size_t>(k * iterations / (kills + 2)));
    std::this_thread::sleep_for(each * ((loading ? 8 : 3) * part(random)));
    running.send(SIGKILL);
    killed += running.wait().signal == SIGKILL ? 1 : 0;
  }
  EXPECT_EQ(killed, kills);
  expect_done(
      words(broken, iterations, {"--threads", "1", "--checkpoint-seconds", "0", "--resume"}));
  expect_same_run(whole, broken);
}

TEST_P(SameBits, StoppedBySignals) {
  constexpr int iterations = 300;
  const auto whole = folder_ / "whole", stopped = folder_ / "stopped";
  expect_done(words(whole, iterations, {"--threads", "1"}));
  for (const int number : {SIGINT, SIGTERM}) {
    // More lines than an earlier run has left: only then does this one hear signals for certain.
    const std::size_t before = lines(stopped / "test.csv");
    Running running(words(stopped, iterations, {"--threads", "1", "--resume"}));
    wait_for_lines(running, stopped, before + 5);
    running.send(number);
    const auto ended = running.wait();
    EXPECT_EQ(ended.status, 128 + number);
    EXPECT_EQ(ended.signal, 0);
    EXPECT_EQ(ended.err, "");
    EXPECT_FALSE(fs::exists(stopped / "model.h5"));
  }
  expect_done(words(stopped, iterations, {"--threads", "1", "--resume"}));
  expect_same_run(whole, stopped);
}

TEST_P(SameBits, ContinuedForMoreIterations) {
  const auto whole = folder_ / "whole", longer = folder_ / "longer";
  expect_done(words(whole, 30, {"--threads", "1"}));
  expect_done(words(longer, 13, {"--threads", "1"}));
  if (std::string(GetParam()) == "neurons") {  // whose learning rate falls to 0 over all of them
    const auto refused = run(words(longer, 30, {"--threads", "1", "--resume"}));
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("other settings"), std::string::npos) << refused.err;
    return;
  }
  expect_done(words(longer, 30, {"--threads", "1", "--resume"}));
  EXPECT_EQ(bytes_of(whole / "test.csv"), bytes_of(longer / "test.csv"));
  EXPECT_TRUE(bytes_of(whole / "model.h5") == bytes_of(longer / "model.h5"));
}

INSTANTIATE_TEST_SUITE_P(Run, SameBits, ::testing::Values("neurons", "exact", "authors"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace nnpoisson::app
