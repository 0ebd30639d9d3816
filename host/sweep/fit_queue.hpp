#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "nnpoisson/sweep.hpp"
#include "sweep/sweep_folder.hpp"

namespace nnpoisson {

/// One fit of a sweep.
struct SweepJob {
  int configuration = 0, fold = 0;
  std::uint64_t seed = 0;
};

/// Fits of one fold are neighbours, so that plans are made once.
[[nodiscard]] std::vector<SweepJob> all_jobs(const SweepRequest& request,
                                             std::size_t configurations);

/// What is done of a sweep and what is given out next, on the first process. Jobs are known by
/// their number. Threads may ask at the same time.
class FitQueue {
 public:
  /// Takes up what the folder holds. The others wait in groups of `most` at most, to be fitted side
  /// by side; jobs of one group have the same `common` text. All must outlive the queue.
  FitQueue(const std::vector<SweepJob>& jobs, const SweepFolder& folder, std::size_t most,
           const std::function<std::string(const SweepJob&)>& common);

  /// Keeps what is finished and gives out the next group; empty: there is none, or it is over.
  std::vector<std::size_t> exchange(const std::vector<SweepFit>& finished);
  void end() { ended_ = true; }  ///< from now on nothing is given out

  [[nodiscard]] std::size_t groups() const { return groups_.size(); }  ///< before any is given out
  [[nodiscard]] std::size_t done_before() const { return done_before_; }
  [[nodiscard]] std::size_t done() const;
  [[nodiscard]] bool all_done() const { return done() == jobs_.size(); }
  /// Fits that failed since this was last asked.
  [[nodiscard]] std::vector<SweepFit> new_failures();
  [[nodiscard]] std::vector<SweepFit> fits() const;  ///< by job; once all are done

 private:
  const std::vector<SweepJob>& jobs_;
  const SweepFolder& folder_;
  std::deque<std::vector<std::size_t>> groups_;
  std::vector<std::optional<SweepFit>> fits_;
  std::vector<SweepFit> failures_;
  std::size_t done_before_ = 0, done_ = 0;
  std::atomic<bool> ended_{false};
  mutable std::mutex mutex_;
};

}  // namespace nnpoisson
