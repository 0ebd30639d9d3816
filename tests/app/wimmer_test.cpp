#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "app/program.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::app {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(const fs::path& folder, const std::vector<std::string>& more,
                               const char* trials = "8") {
  std::vector<std::string> all{
      "simulate", "wimmer",           "--quiet", "--train-test",      "--trials",
      trials,     "--duration",       "0.3",     "--stimulus-window", "0.1,0.25",
      "--out",    folder / "data.h5", "--raw",   folder / "raw.h5"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void expect_same(const fs::path& a, const fs::path& b) {
  expect_same_files(a, b, {"data-train.h5", "data-test.h5", "raw.h5"});
}

TEST(SimulateWimmer, SameSpikesWhateverTheThreads) {
  const auto folder = fresh_folder();
  for (const char* threads : {"1", "2", "7"})
    expect_done(words(folder / threads, {"--threads", threads}));
  expect_same(folder / "1", folder / "2");
  expect_same(folder / "1", folder / "7");
  expect_done(words(folder / "other", {"--seed", "2"}));
  EXPECT_FALSE(bytes_of(folder / "1" / "raw.h5") == bytes_of(folder / "other" / "raw.h5"));
}

TEST(SimulateWimmer, SameSpikesAfterInterruptions) {
  const auto folder = fresh_folder(), whole = folder / "whole", broken = folder / "broken";
  const auto start = std::chrono::steady_clock::now();
  expect_done(words(whole, {"--threads", "1"}));
  const auto took = std::chrono::steady_clock::now() - start;
  for (const int number : {SIGKILL, SIGINT, SIGTERM, SIGKILL}) {
    Running running(words(broken, {"--threads", "1"}));
    std::this_thread::sleep_for(took / 3);
    running.send(number);
    const auto ended = running.wait();
    if (number == SIGKILL) continue;
    EXPECT_TRUE(ended.status == 0 || ended.status == 128 + number) << ended.status;
    EXPECT_EQ(ended.err, "");
  }
  expect_done(words(broken, {"--threads", "2"}));
  expect_same(whole, broken);
  for (const auto& entry : fs::directory_iterator(broken))
    EXPECT_TRUE(entry.path().extension() == ".h5") << entry.path() << " is left";
}

TEST(SimulateWimmer, NamesWhatCannotBe) {
  const auto folder = fresh_folder();
  const auto refused = [&](const std::vector<std::string>& more, const std::string& message,
                           int status = 2) {
    std::vector<std::string> all{"simulate", "wimmer", "--out", folder / "data.h5"};
    all.insert(all.end(), more.begin(), more.end());
    expect_refused(all, status, message);
    EXPECT_TRUE(fs::is_empty(folder));
  };
  expect_refused({"simulate", "wimmer"}, 2, "--out is required; see nnpoisson --help");
  refused({"--trials", "0"}, "--trials: Value 0 not in range 1 to *");
  refused({"--trials", "-4"}, "--trials: Value -4 not in range 1 to *");
  refused({"--seed", "-1"}, "--seed: Value -1 not in range 0 to *");
  refused({"--external-rate", "-5"}, "--external-rate: must be a number from 0 to 10000 Hz");
  refused({"--sensory-rate", "-5"}, "--sensory-rate: must be a number from 0 to below 10000 Hz");
  refused({"--sensory-rate", "nan"}, "--sensory-rate: must be a number from 0 to below 10000 Hz");
  refused({"--feedback", "-1"}, "--feedback: must be a number from 0 to 1000");
  refused({"--stimulus-sd", "-1"}, "--stimulus-sd: must be a number from 0 to 100");
  refused({"--stimulus-window", "2,4"},
          "--stimulus-window: must begin before it ends and lie within the run, 0 to 3 s");
  refused({"--stimulus-window", "2,1"},
          "--stimulus-window: must begin before it ends and lie within the run, 0 to 3 s");
  refused({"--stimulus-window", "1"}, "--stimulus-window: *");
  refused({"--duration", "0"}, "--duration: must be whole ms, from 0.001 to 200 s");
  refused({"--coherence", "0.5,2"}, "--coherence: each must be a number from -1 to 1");
  refused({"--coherence", "0.5,0.5"}, "--coherence: each must be given once");
  refused({"--record", "half"}, "--record: half not in {full,sample}; *");
  refused({"--backend", "abacus"},
          "--backend: must be auto, reference, cpu or cuda, not \"abacus\"");
  if (std::ranges::none_of(cuda_devices(), [](const DeviceState& d) { return d.why_not.empty(); }))
    refused({"--backend", "cuda"}, "backend cuda: *", 4);
  refused({"--test-trials", "4"}, "--test-trials is of --train-test; *");
  refused({"--plot-trials", "1"}, "--plot-trials needs --plot, *");
  refused({"--plot", folder / "plots", "--trials", "3", "--plot-trials", "3"},
          "--plot-trials: trial 3 is not one of the 3 simulated");
  refused({"--raw", folder / "data.h5"}, "*: is named twice; *");
}

TEST(SimulateWimmer, RefusesWhatOtherConditionsLeft) {
  const auto folder = fresh_folder();
  Running running(words(folder, {"--threads", "1"}, "1000"));
  while (!running.ended() && !(fs::exists(folder / "data-train.h5.trials") &&
                               fs::file_size(folder / "data-train.h5.trials") > 2000))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  running.send(SIGINT);
  EXPECT_EQ(running.wait().status, 130);
  expect_refused(words(folder, {"--feedback", "1"}), 2,
                 "*data-train.h5.trials: is left of an interrupted run under other conditions; *");
}

}  // namespace
}  // namespace nnpoisson::app
