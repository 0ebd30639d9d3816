#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <span>
#include <thread>

#include "kernels/wimmer_trials.hpp"
#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "wimmer/journal.hpp"
#include "wimmer/picture.hpp"
#include "wimmer/raw_file.hpp"
#include "wimmer/recording.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

/// All that decides what a trial's spikes are.
std::vector<Attribute> attributes(const Conditions& c) {
  return {
      {"simulator", std::string("wimmer")},
      {"seed", static_cast<std::int64_t>(c.seed)},
      {"coherences", fmt::format("{}", fmt::join(c.coherences, " "))},
      {"feedback", c.feedback},
      {"duration", c.duration},
      {"stimulus_from", c.stimulus_from},
      {"stimulus_until", c.stimulus_until},
      {"stimulus_sd", c.stimulus_sd},
      {"sensory_rate", c.sensory_rate},
      {"external_rate", c.external_rate},
      {"network", std::string(c.network_per_trial ? "per trial" : "one")},
      {"precision", std::string(c.precision == Precision::single_precision ? "float" : "double")}};
}

std::string as_text(const std::vector<Attribute>& all) {
  std::string text;
  for (const auto& [name, value] : all)
    std::visit([&, &key = name](const auto& v) { text += fmt::format("{} = {}\n", key, v); },
               value);
  return text;
}

/// Trials finished so far and how long the rest will take. Trials are added from one thread at a
/// time.
class Count {
 public:
  Count(std::size_t all, std::size_t missing, const std::function<void(const Progress&)>& progress)
      : before_(all - missing), progress_(progress) {
    state_.all = all;
    state_.trials = before_;
  }
  void add() {
    const auto done = static_cast<double>(++state_.trials - before_);
    state_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    state_.seconds_left = state_.seconds / done * static_cast<double>(state_.all - state_.trials);
    progress_(state_);
  }

 private:
  Progress state_;
  std::size_t before_;
  const std::function<void(const Progress&)>& progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The trials that are missing, taken by workers side by side.
class Filling {
 public:
  Filling(Journal& journal, std::span<const std::size_t> missing, const std::atomic<bool>& stop,
          Count& count)
      : journal_(journal), missing_(missing), stop_(stop), count_(count) {}

  /// The next ones, `most` at most; none: all are taken, a worker failed or `stop` is set.
  [[nodiscard]] std::span<const std::size_t> take(std::size_t most) {
    if (over_ || stop_) return {};
    const std::size_t first = std::min(next_.fetch_add(most), missing_.size());
    return missing_.subspan(first, std::min(most, missing_.size() - first));
  }
  void keep(std::size_t trial, const TrialSpikes& spikes) {
    journal_.append(trial, spikes);
    const std::lock_guard lock(reporting_);
    count_.add();
  }
  /// Runs `work(k)` for each k < workers, each in a thread. The first exception ends the others'
  /// work and is passed on.
  void run(std::size_t workers, const std::function<void(std::size_t)>& work) {
    const auto guarded = [&](std::size_t k) {
      try {
        work(k);
      } catch (...) {
        const std::lock_guard lock(reporting_);
        if (!failed_) failed_ = std::current_exception();
        over_ = true;
      }
    };
    std::vector<std::thread> others;
    for (std::size_t k = 1; k < workers; ++k) others.emplace_back(guarded, k);
    guarded(0);
    for (auto& other : others) other.join();
    if (failed_) std::rethrow_exception(failed_);
  }

 private:
  Journal& journal_;
  std::span<const std::size_t> missing_;
  const std::atomic<bool>& stop_;
  Count& count_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> over_{false};
  std::mutex reporting_;
  std::exception_ptr failed_;
};

/// A trial at a time in each thread.
void fill_by_threads(Filling& filling, const Request& request, std::size_t trials,
                     const std::atomic<bool>& stop) {
  const TrialSimulator simulate_trial(request.conditions, request.backend.instruction_set);
  const std::size_t threads = request.backend.threads > 0
                                  ? static_cast<std::size_t>(request.backend.threads)
                                  : std::max(1U, std::thread::hardware_concurrency());
  filling.run(std::min(threads, trials), [&](std::size_t) {
    for (auto now = filling.take(1); !now.empty(); now = filling.take(1)) {
      const auto spikes = simulate_trial(now[0], stop);
      if (!spikes) return;
      filling.keep(now[0], *spikes);
    }
  });
}

/// As many at a time as each GPU runs together.
void fill_by_launches(Filling& filling, const Request& request,
                      std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices,
                      std::size_t trials) {
  struct Worker {
    std::unique_ptr<kernels::WimmerTrials> simulate;
    std::size_t most;
    std::span<const std::size_t> now;
  };
  std::vector<Worker> workers;
  const std::size_t share =
      (trials + devices.size() - 1) / devices.size();  // few trials are for all devices, too
  for (auto& device : devices) {
    auto simulate = std::make_unique<kernels::WimmerTrials>(std::move(device), request.conditions);
    const std::size_t most = std::min(simulate->side_by_side(), share);
    workers.push_back({std::move(simulate), most, filling.take(most)});
  }
  filling.run(workers.size(), [&](std::size_t k) {
    Worker& worker = workers[k];
    for (; !worker.now.empty(); worker.now = filling.take(worker.most)) {
      const auto spikes = (*worker.simulate)(worker.now);
      for (std::size_t i = 0; i < worker.now.size(); ++i) filling.keep(worker.now[i], spikes[i]);
    }
  });
}

/// Simulates the trials that the journal lacks, on the devices if there are any; returns when all
/// are there or `stop` is set.
void fill(Journal& journal, const Request& request,
          std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices,
          const std::atomic<bool>& stop, const std::function<void(const Progress&)>& progress) {
  const std::size_t all = request.trials + request.test_trials;
  std::vector<std::size_t> missing;
  for (std::size_t n = 0; n < all; ++n)
    if (!journal.has(n)) missing.push_back(n);
  if (missing.empty()) return;
  Count count(all, missing.size(), progress);
  Filling filling(journal, missing, stop, count);
  if (devices.empty())
    fill_by_threads(filling, request, missing.size(), stop);
  else
    fill_by_launches(filling, request, std::move(devices), missing.size());
}

/// Those that the request asks for; none: the processor simulates.
std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices_for(const Request& request) {
  BackendOptions backend = request.backend;
  if (!request.devices.empty()) backend.device = request.devices[0];
  if (chosen_kind(backend) != BackendKind::cuda) return {};

  std::vector<std::unique_ptr<kernels::SimulatorDevice>> made;
  for (const int number : request.devices.empty() ? std::vector{backend.device} : request.devices)
    made.push_back(kernels::make_cuda_simulator_device(number));
  return made;
}

void write(const Request& request, const std::filesystem::path& file, const Journal& journal,
           std::size_t first, std::size_t count, Outcome& outcome) {
  Recording recording(request.conditions, request.record);
  for (std::size_t n = first; n < first + count; ++n) recording.add(n, journal.read(n));
  auto about = attributes(request.conditions);
  about.push_back({"record", std::string(request.record == Record::full ? "full" : "sample")});
  about.push_back({"first_trial", static_cast<std::int64_t>(first)});
  write_dataset(file, recording.dataset(), about);
  for (const auto choice : recording.dataset().trial.choice)
    ++(choice < 0 ? outcome.right : choice > 0 ? outcome.left : outcome.none);
  outcome.spikes += recording.dataset().spike.time.size();
  outcome.units = recording.dataset().units();
}

void check(const Request& request) {
  check(request.conditions);
  if (request.trials < 1) throw UsageError("--trials: at least 1 is needed");
  if (request.backend.kind == BackendKind::reference)
    throw UsageError(
        "--backend reference: there is none for simulations; leave the choice open, or use cpu or "
        "cuda");
  for (const auto trial : request.picture_trials)
    if (trial >= request.trials + request.test_trials)
      throw UsageError(fmt::format("--plot-trials: trial {} is not one of the {} simulated", trial,
                                   request.trials + request.test_trials));
}

}  // namespace

Outcome simulate(const Request& request, const std::atomic<bool>& stop,
                 const std::function<void(const Progress&)>& progress) {
  check(request);
  auto devices = devices_for(request);
  const auto about = attributes(request.conditions);
  Journal journal(request.out.string() + ".trials", as_text(about));
  Outcome outcome;
  const std::size_t all = request.trials + request.test_trials;
  const auto finished = [&] {
    std::size_t count = 0;
    for (std::size_t n = 0; n < all; ++n) count += journal.has(n) ? 1 : 0;
    return count;
  };
  outcome.resumed = finished();
  for (const auto& device : devices)
    outcome.backend += (outcome.backend.empty() ? "" : ", ") + device->name();
  if (devices.empty()) outcome.backend = "cpu";
  fill(journal, request, std::move(devices), stop, progress);
  outcome.trials = finished();
  if (outcome.trials < all) {
    outcome.interrupted = true;
    return outcome;
  }

  write(request, request.out, journal, 0, request.trials, outcome);
  if (request.test_trials > 0)
    write(request, request.test_out, journal, request.trials, request.test_trials, outcome);
  if (!request.raw.empty()) {
    RawFile raw(request.raw, about);
    for (std::size_t n = 0; n < all; ++n)
      raw.add(n, coherence_of(request.conditions, n), journal.read(n));
    raw.commit();
  }
  if (!request.pictures.empty()) {
    auto shown = request.picture_trials;
    if (shown.empty())
      for (std::size_t n = 0; n < std::min(all, request.conditions.coherences.size()); ++n)
        shown.push_back(n);
    for (const auto n : shown)
      write_text_file(request.pictures / fmt::format("trial_{:05}.svg", n),
                      picture(request.conditions, n, journal.read(n)));
  }
  journal.remove();
  return outcome;
}

}  // namespace nnpoisson::wimmer
