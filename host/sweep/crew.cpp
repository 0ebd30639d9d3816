#include "sweep/crew.hpp"

#include <algorithm>
#include <utility>

namespace nnpoisson {

Crew::Crew(int workers, int threads, Tasks tasks)
    : workers_(workers), all_threads_(threads), tasks_(std::move(tasks)), running_(workers) {
  for (int w = 0; w < workers; ++w) threads_.emplace_back([this, w] { work(w); });
}

Crew::~Crew() {
  halt();
  for (auto& thread : threads_) thread.join();
}

void Crew::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  change_.wait_for(lock, at_most, [this] { return ended(); });
}

void Crew::rethrow() const {
  if (ended() && error_) std::rethrow_exception(error_);
}

/// Each worker has its share; when jobs run out, those who still fit share what the others leave.
int Crew::threads() const {
  return std::max(1, all_threads_ / (no_more_ ? std::max(1, running_.load()) : workers_));
}

void Crew::work(int worker) {
  try {
    std::vector<SweepFit> finished;
    while (!halt_) {
      const auto jobs = tasks_.exchange(worker, finished);
      finished.clear();
      if (jobs.empty()) break;
      auto done = tasks_.fit(
          worker, jobs, [this] { return threads(); }, halt_);
      if (!done) break;
      finished = std::move(*done);
    }
    if (!finished.empty()) static_cast<void>(tasks_.exchange(worker, finished));
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
    failed_ = halt_ = true;
  }
  no_more_ = true;
  const std::lock_guard lock(mutex_);
  --running_;
  change_.notify_all();
}

}  // namespace nnpoisson
