#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// Counts the pieces of a long call's phases for its Watch. Threads may count at the same time.
class ProgressCounter {
 public:
  explicit ProgressCounter(const Watch& watch) : watch_(watch) {}

  /// From here on `all` pieces are counted, named `phase`. No other thread may be counting.
  void begin(std::string phase, std::size_t all) {
    phase_ = std::move(phase);
    all_ = all;
    done_ = told_done_ = 0;
    began_ = Clock::now();
  }

  /// One more piece is done. Throws Interrupted if the call is to end.
  void count() {
    if (watch_.stopped()) throw Interrupted();
    const std::size_t done = ++done_;
    if (!watch_.progress) return;

    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (done < told_done_) return;  // another thread was quicker to tell
    if (done < all_ && now - told_ < std::chrono::milliseconds(100)) return;
    told_ = now;
    told_done_ = done;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    const auto pieces = static_cast<double>(done), left = static_cast<double>(all_ - done);
    watch_.progress({phase_, done, all_, std::chrono::duration<double>(now - start_).count(),
                     seconds > 0 ? pieces / seconds : 0, seconds / pieces * left});
  }

 private:
  using Clock = std::chrono::steady_clock;

  const Watch& watch_;
  const Clock::time_point start_ = Clock::now();
  std::string phase_;
  std::size_t all_ = 0;
  std::atomic<std::size_t> done_{0};
  std::size_t told_done_ = 0;
  Clock::time_point began_ = start_, told_{};
  std::mutex mutex_;
};

}  // namespace nnpoisson
