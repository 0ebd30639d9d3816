#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/device_backend.hpp"
#include "kernels/warp.cuh"
#include "naive_network.hpp"
#include "random_dataset.hpp"
#include "simt/emulated_device.hpp"

/// The emulation of the kernels' machine, and what it must find.
namespace nnpoisson {
namespace {

TEST(Emulation, EveryThreadOfEveryBlockRuns) {
  std::vector<int> seen(3 * 70);
  simt::launch({.blocks = 3, .threads = 70},
               [&] { ++seen[blockIdx.x * blockDim.x + threadIdx.x]; });
  EXPECT_EQ(seen, std::vector<int>(seen.size(), 1));
}

TEST(Emulation, BarriersSeparateWhatIsWrittenFromWhatIsRead) {
  for (const auto order :
       {simt::Order::ascending, simt::Order::descending, simt::Order::shuffled}) {
    std::vector<int> out(64);
    simt::launch({.blocks = 1, .threads = 64, .shared_bytes = 64 * sizeof(int), .order = order},
                 [&] {
                   int* shared = reinterpret_cast<int*>(simt::shared_memory());
                   const unsigned i = threadIdx.x;
                   shared[i] = static_cast<int>(i);
                   __syncthreads();
                   out[i] = shared[63 - i];
                 });
    for (int i = 0; i < 64; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)], 63 - i);
  }
}

TEST(Emulation, SharedMemoryBeginsAsNaN) {
  bool nan = false;
  simt::launch({.blocks = 1, .threads = 1, .shared_bytes = 8},
               [&] { nan = std::isnan(*reinterpret_cast<double*>(simt::shared_memory())); });
  EXPECT_TRUE(nan);
}

TEST(Emulation, ABarrierThatSomeNeverReachIsAnError) {
  EXPECT_THROW(simt::launch({.blocks = 1, .threads = 32},
                            [] {
                              if (threadIdx.x != 5) __syncthreads();
                            }),
               std::logic_error);
  EXPECT_THROW(simt::launch({.blocks = 1, .threads = 32},
                            [] {
                              while (true) __nanosleep(20);
                            }),
               std::logic_error);
}

TEST(Emulation, WhatAThreadThrowsEndsTheLaunch) {
  EXPECT_THROW(simt::launch({.blocks = 2, .threads = 32},
                            [] {
                              if (blockIdx.x == 1 && threadIdx.x == 3)
                                throw std::range_error("here");
                              __syncthreads();
                            }),
               std::range_error);
}

TEST(Warp, TransposedSumGivesEachLaneItsOwnSum) {
  std::vector<double> sums(32);
  simt::launch({.blocks = 1, .threads = 32}, [&] {
    double value[32];
    for (int i = 0; i < 32; ++i) value[i] = 100.0 * i + threadIdx.x;
    sums[threadIdx.x] = kernels::transposed_sum(value);
  });
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(sums[static_cast<std::size_t>(i)], 32 * 100.0 * i + 31 * 16) << i;
}

std::size_t resident_pages() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident;
}

/// Programs of one step on points that lie in the device's memory, or are streamed through it.
TEST(StatisticsEmulation, ProgramsKeepNoMemory) {
  struct Way {
    const char* name;
    std::size_t free_bytes;
    int programs;  ///< fewer where one takes longer
  };
  for (const Way& way : {Way{"resident", 1 << 30, 10000}, Way{"streamed", 1, 500}}) {
    SCOPED_TRACE(way.name);
    const auto data =
        testing::random_dataset({.sessions = 1, .regions = 1, .trials = 2, .features = 1});
    const auto plan = std::make_shared<const Plan>(make_plan(data, {}));
    const NetworkShape shape{.features = 1,
                             .stimulus_widths = {1, 1},
                             .time_width = 1,
                             .hidden_width = 1,
                             .behaviour_width = 1,
                             .regions = 1};
    const auto backend = kernels::make_device_backend(
        simt::make_emulated_training_device({.resident_blocks = 1, .free_bytes = way.free_bytes}),
        Precision::single_precision, shape, plan);
    TrainingState state;
    state.parameters = testing::random_parameters(shape, 1);
    state.first_moment.assign(state.parameters.size(), 0.0);
    state.second_moment = state.first_moment;
    const std::vector<std::uint32_t> step{0};
    const std::vector<double> rate{1e-4};
    const std::atomic<bool> stop{false};
    const auto programs = [&](int n) {
      for (int k = 0; k < n; ++k) ASSERT_TRUE(backend->train(state, {step, rate}, stop).finite);
    };
    programs(200);
    const auto before = resident_pages();
    programs(way.programs);
    EXPECT_LE(resident_pages(), before + 256);  // 1 MiB
  }
}

}  // namespace
}  // namespace nnpoisson
