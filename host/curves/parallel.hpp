#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace nnpoisson {

/// Calls work(n) for each n in [0, count) on `threads` threads (0: one for each processor), in no
/// particular order. Results that each n keeps to itself do not depend on the number of threads. An
/// exception ends it: other threads finish what they are at, begin nothing more, and it is passed
/// on. A thread takes `block` of them at a time.
template <class Work>
void for_each_in_parallel(std::size_t count, int threads, const Work& work,
                          std::size_t block = 16) {
  const std::size_t wanted = threads > 0 ? static_cast<std::size_t>(threads)
                                         : std::max(1U, std::thread::hardware_concurrency());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const auto run = [&] {
    try {
      for (std::size_t first = next.fetch_add(block); first < count; first = next.fetch_add(block))
        for (std::size_t n = first; n < std::min(count, first + block) && !failed; ++n) work(n);
    } catch (...) {
      failed = true;
      next = count;
      throw;
    }
  };

  std::vector<std::future<void>> others;
  for (std::size_t k = 1; k < wanted; ++k) others.push_back(std::async(std::launch::async, run));
  run();
  for (auto& other : others) other.get();
}

}  // namespace nnpoisson
