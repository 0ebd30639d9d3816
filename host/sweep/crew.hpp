#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "nnpoisson/sweep.hpp"

namespace nnpoisson {

/// The fits under way in this process: workers side by side, each with its share of the threads.
class Crew {
 public:
  struct Tasks {
    /// Takes in what a worker has finished and gives it the jobs of its next launch; none: there
    /// are no more.
    std::function<std::vector<std::size_t>(int worker, const std::vector<SweepFit>& finished)>
        exchange;
    /// Does them; nothing if `halt` was set before the end.
    std::function<std::optional<std::vector<SweepFit>>(
        int worker, const std::vector<std::size_t>& jobs, const std::function<int()>& threads,
        const std::atomic<bool>& halt)>
        fit;
  };

  Crew(int workers, int threads, Tasks tasks);
  ~Crew();  ///< halts
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void halt() { halt_ = true; }  ///< ends the fits under way
  [[nodiscard]] bool ended() const { return running_ == 0; }
  [[nodiscard]] bool failed() const { return failed_; }
  void wait(std::chrono::milliseconds at_most);  ///< until all ended
  void rethrow() const;  ///< the first exception of a worker, if there was one

 private:
  void work(int worker);
  [[nodiscard]] int threads() const;

  const int workers_, all_threads_;
  const Tasks tasks_;
  std::atomic<bool> halt_{false}, no_more_{false}, failed_{false};
  std::atomic<int> running_;
  std::exception_ptr error_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::vector<std::thread> threads_;
};

}  // namespace nnpoisson
