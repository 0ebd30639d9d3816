#include "curves/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nnpoisson {
namespace {

TEST(ForEachInParallel, CallsWorkOnceForEach) {
  for (const int threads : {1, 3}) {
    std::vector<int> calls(1000);
    for_each_in_parallel(
        calls.size(), threads, [&](std::size_t n) { ++calls[n]; }, 7);
    EXPECT_EQ(calls, std::vector<int>(1000, 1)) << threads << " threads";
  }
}

TEST(ForEachInParallel, AnExceptionEndsTheOtherThreadsToo) {
  constexpr std::size_t count = 100000;
  std::atomic<bool> thrown{false};
  std::atomic<std::size_t> after{0};
  const auto work = [&](std::size_t n) {
    if (n == 0) {
      thrown = true;
      throw std::runtime_error("first");
    }
    while (!thrown) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++after;
  };
  EXPECT_THROW(for_each_in_parallel(count, 3, work), std::runtime_error);
  EXPECT_LT(after, count / 10);
}

}  // namespace
}  // namespace nnpoisson
