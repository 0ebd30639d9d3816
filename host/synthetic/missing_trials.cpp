#include "synthetic/missing_trials.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>

#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

/// Tells a Watch of the trials finished so far. They are counted from one thread at a time.
class TrialCount {
 public:
  TrialCount(std::size_t all, std::size_t missing, const Watch& watch)
      : all_(all), missing_(missing), watch_(watch) {}

  void add() {
    ++simulated_;
    const auto now = Clock::now();
    const bool is_last = simulated_ == missing_;
    if (!watch_.progress || (!is_last && now - told_ < std::chrono::milliseconds(100))) return;
    told_ = now;

    const double seconds = std::chrono::duration<double>(now - start_).count();
    const auto simulated = static_cast<double>(simulated_);
    const std::size_t left = missing_ - simulated_;
    watch_.progress({.phase = "trials",
                     .done = all_ - left,
                     .all = all_,
                     .seconds = seconds,
                     .rate = seconds > 0 ? simulated / seconds : 0,
                     .seconds_left = seconds / simulated * static_cast<double>(left)});
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::size_t all_, missing_, simulated_ = 0;
  const Watch& watch_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point told_{};
};

/// The trials that are missing, taken by workers side by side.
class TrialQueue {
 public:
  TrialQueue(Journal& journal, std::span<const std::size_t> missing, TrialCount& count,
             const Watch& watch)
      : journal_(journal), missing_(missing), count_(count), watch_(watch) {}

  /// The next ones, `most` at most; none: all are taken, a worker failed or the call is to end.
  [[nodiscard]] std::span<const std::size_t> take(std::size_t most) {
    if (failed_ || watch_.stopped()) return {};
    const std::size_t first = std::min(next_.fetch_add(most), missing_.size());
    return missing_.subspan(first, std::min(most, missing_.size() - first));
  }

  /// A trial is finished.
  void keep(std::size_t trial, const TrialSpikes& spikes) {
    journal_.append(trial, spikes);
    const std::lock_guard lock(mutex_);
    count_.add();
  }

  /// Runs `work(k)` for each k < workers, each in a thread. The first exception ends the others'
  /// work and is passed on.
  void run(std::size_t workers, const std::function<void(std::size_t)>& work) {
    const auto guarded = [&](std::size_t k) {
      try {
        work(k);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failed_) failure_ = std::current_exception();
        failed_ = true;
      }
    };

    std::vector<std::thread> others;
    for (std::size_t k = 1; k < workers; ++k) others.emplace_back(guarded, k);
    guarded(0);
    for (auto& other : others) other.join();
    if (failed_) std::rethrow_exception(failure_);
  }

 private:
  Journal& journal_;
  std::span<const std::size_t> missing_;
  TrialCount& count_;
  const Watch& watch_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// A trial at a time in each thread.
void simulate_on_processor(TrialQueue& queue, const Request& request, std::size_t trials,
                           const Watch& watch) {
  const TrialSimulator simulate_trial(request.conditions, request.backend.instruction_set);
  const std::size_t threads = request.backend.threads > 0
                                  ? static_cast<std::size_t>(request.backend.threads)
                                  : std::max(1U, std::thread::hardware_concurrency());
  queue.run(std::min(threads, trials), [&](std::size_t) {
    for (auto next = queue.take(1); !next.empty(); next = queue.take(1)) {
      const auto spikes = simulate_trial(next[0], watch);
      if (!spikes) return;
      queue.keep(next[0], *spikes);
    }
  });
}

/// As many at a time as each GPU runs together.
void simulate_on_devices(TrialQueue& queue, const Request& request, std::size_t trials,
                         std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices) {
  struct Worker {
    std::unique_ptr<kernels::WimmerTrials> simulate;
    std::size_t most;  ///< trials in a launch
    std::span<const std::size_t> next;
  };
  // Each takes its first trials here, before any of them starts: the fastest must not take all
  // where there are few.
  const std::size_t share = (trials + devices.size() - 1) / devices.size();
  std::vector<Worker> workers;
  for (auto& device : devices) {
    auto simulate = std::make_unique<kernels::WimmerTrials>(std::move(device), request.conditions);
    const std::size_t most = std::min(simulate->side_by_side(), share);
    workers.push_back({std::move(simulate), most, queue.take(most)});
  }

  queue.run(workers.size(), [&](std::size_t k) {
    auto& [simulate, most, next] = workers[k];
    for (; !next.empty(); next = queue.take(most)) {
      const auto spikes = (*simulate)(next);
      for (std::size_t i = 0; i < next.size(); ++i) queue.keep(next[i], spikes[i]);
    }
  });
}

}  // namespace

std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices_for(const Request& request) {
  BackendOptions backend = request.backend;
  if (!request.devices.empty()) backend.device = request.devices[0];
  if (chosen_kind(backend) != BackendKind::cuda) return {};

  std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices;
  for (const int number : request.devices.empty() ? std::vector{backend.device} : request.devices)
    devices.push_back(kernels::make_cuda_simulator_device(number));
  return devices;
}

void simulate_missing(Journal& journal, const Request& request,
                      std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices,
                      const Watch& watch) {
  const std::size_t all = request.trials + request.test_trials;
  std::vector<std::size_t> missing;
  for (std::size_t n = 0; n < all; ++n)
    if (!journal.has(n)) missing.push_back(n);
  if (missing.empty()) return;

  TrialCount count(all, missing.size(), watch);
  TrialQueue queue(journal, missing, count, watch);
  if (devices.empty())
    simulate_on_processor(queue, request, missing.size(), watch);
  else
    simulate_on_devices(queue, request, missing.size(), std::move(devices));
}

}  // namespace nnpoisson::wimmer
