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
  return {{"simulator", std::string("wimmer")},
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
  for (const auto& [name, value] : all) std::visit([&, &key = name](const auto& v) { text += fmt::format("{} = {}\n", key, v); }, value);
  return text;
}

/// Trials finished so far and how long the rest will take. Trials are added from one thread at a time.
class Count {
 public:
  Count(std::size_t all, std::size_t missing, const std::function<void(const Progress&)>& progress)
      : before_(all - missing), progress_(progress) {
    state_.all = all;
    state_.trials = before_;
  }
  void add() {
    const auto done = static_cast<double>(++state_.trials - before_);
    state_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    state_.seconds_left = state_.seconds / done * static_cast<double>(state_.all - state_.trials);
    progress_(state_);
  }

 private:
  Progress state_;
  std::size_t before_;
  const std::function<void(const Progress&)>& progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Trials side by side over threads. The first exception is passed on.
void fill_by_threads(Journal& journal, const Request& request, const std::vector<std::size_t>& missing, const std::atomic<bool>& stop,
                     Count& count) {
  const TrialSimulator simulate_trial(request.conditions, request.backend.instruction_set);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> over{false};
  std::mutex reporting;
  std::exception_ptr failed;
  const auto work = [&] {
    try {
      for (std::size_t k = next++; k < missing.size() && !over && !stop; k = next++) {
        const auto spikes = simulate_trial(missing[k], stop);
        if (!spikes) return;
        journal.append(missing[k], *spikes);
        const std::lock_guard lock(reporting);
        count.add();
      }
    } catch (...) {
      const std::lock_guard lock(reporting);
      if (!failed) failed = std::current_exception();
      over = true;
    }
  };
  const std::size_t threads =
      request.backend.threads > 0 ? static_cast<std::size_t>(request.backend.threads) : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (std::size_t k = 1; k < std::min(threads, missing.size()); ++k) others.emplace_back(work);
  work();
  for (auto& other : others) other.join();
  if (failed) std::rethrow_exception(failed);
}

/// Trials side by side on a GPU, as many as it runs together.
void fill_by_launches(Journal& journal, const Request& request, std::unique_ptr<kernels::Device> device,
                      std::span<const std::size_t> missing, const std::atomic<bool>& stop, Count& count) {
  kernels::WimmerTrials simulate_trials(std::move(device), request.conditions);
  while (!missing.empty() && !stop) {
    const auto now = missing.first(std::min(missing.size(), simulate_trials.side_by_side()));
    const auto spikes = simulate_trials(now);
    for (std::size_t k = 0; k < now.size(); ++k) {
      journal.append(now[k], spikes[k]);
      count.add();
    }
    missing = missing.subspan(now.size());
  }
}

/// Simulates the trials that the journal lacks, on the device if there is one; returns when all are there or `stop` is set.
void fill(Journal& journal, const Request& request, std::unique_ptr<kernels::Device> device, const std::atomic<bool>& stop,
          const std::function<void(const Progress&)>& progress) {
  const std::size_t all = request.trials + request.test_trials;
  std::vector<std::size_t> missing;
  for (std::size_t n = 0; n < all; ++n)
    if (!journal.has(n)) missing.push_back(n);
  if (missing.empty()) return;
  Count count(all, missing.size(), progress);
  if (device)
    fill_by_launches(journal, request, std::move(device), missing, stop, count);
  else
    fill_by_threads(journal, request, missing, stop, count);
}

void write(const Request& request, const std::filesystem::path& file, const Journal& journal, std::size_t first, std::size_t count,
           Outcome& outcome) {
  Recording recording(request.conditions, request.record);
  for (std::size_t n = first; n < first + count; ++n) recording.add(n, journal.read(n));
  auto about = attributes(request.conditions);
  about.push_back({"record", std::string(request.record == Record::full ? "full" : "sample")});
  about.push_back({"first_trial", static_cast<std::int64_t>(first)});
  write_dataset(file, recording.dataset(), about);
  for (const auto choice : recording.dataset().trial.choice) ++(choice < 0 ? outcome.right : choice > 0 ? outcome.left : outcome.none);
  outcome.spikes += recording.dataset().spike.time.size();
  outcome.units = recording.dataset().units();
}

void check(const Request& request) {
  check(request.conditions);
  if (request.trials < 1) throw UsageError("--trials: at least 1 is needed");
  if (request.backend.kind == BackendKind::reference)
    throw UsageError("--backend reference: there is none for simulations; leave the choice open, or use cpu or cuda");
  for (const auto trial : request.picture_trials)
    if (trial >= request.trials + request.test_trials)
      throw UsageError(fmt::format("--plot-trials: trial {} is not one of the {} simulated", trial, request.trials + request.test_trials));
}

}  // namespace

Outcome simulate(const Request& request, const std::atomic<bool>& stop, const std::function<void(const Progress&)>& progress) {
  check(request);
  auto device = chosen_kind(request.backend) == BackendKind::cuda ? kernels::make_cuda_device() : nullptr;
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
  outcome.backend = device ? device->name() : "cpu";
  fill(journal, request, std::move(device), stop, progress);
  outcome.trials = finished();
  if (outcome.trials < all) {
    outcome.interrupted = true;
    return outcome;
  }

  write(request, request.out, journal, 0, request.trials, outcome);
  if (request.test_trials > 0) write(request, request.test_out, journal, request.trials, request.test_trials, outcome);
  if (!request.raw.empty()) {
    RawFile raw(request.raw, about);
    for (std::size_t n = 0; n < all; ++n) raw.add(n, coherence_of(request.conditions, n), journal.read(n));
    raw.commit();
  }
  if (!request.pictures.empty()) {
    auto shown = request.picture_trials;
    if (shown.empty())
      for (std::size_t n = 0; n < std::min(all, request.conditions.coherences.size()); ++n) shown.push_back(n);
    for (const auto n : shown)
      write_text_file(request.pictures / fmt::format("trial_{:05}.svg", n), picture(request.conditions, n, journal.read(n)));
  }
  journal.remove();
  return outcome;
}

}  // namespace nnpoisson::wimmer
