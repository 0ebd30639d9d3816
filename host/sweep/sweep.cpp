#include "nnpoisson/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "nnpoisson/error.hpp"
#include "nnpoisson/train.hpp"
#include "sweep/crew.hpp"
#include "sweep/fit_json.hpp"
#include "sweep/grid.hpp"
#include "sweep/ranks.hpp"
#include "sweep/recordings.hpp"
#include "sweep/sweep_folder.hpp"
#include "sweep/table.hpp"

namespace nnpoisson {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Job {
  int configuration = 0, fold = 0;
  std::uint64_t seed = 0;
};

/// Fits of one fold are neighbours, so that plans are made once.
std::vector<Job> all_jobs(const SweepRequest& request, const Grid& grid) {
  std::vector<Job> jobs;
  for (int fold = 0; fold < request.folds; ++fold)
    for (std::size_t c = 0; c < grid.configurations.size(); ++c)
      for (const auto seed : request.seeds) jobs.push_back({static_cast<int>(c), fold, seed});
  return jobs;
}

/// What fits of one launch must have in common.
std::string launch_of(const Settings& settings) {
  Settings common = settings;
  common.train.learning_rate = Settings().train.learning_rate;
  common.train.iterations = Settings().train.iterations;
  common.train.patience = Settings().train.patience;
  return to_toml(common);
}

/// The error that an exception caught just now is for the user, of whom `who` tells.
Error error_caught(const std::string& who) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.status(), who + ": " + error.what()};
  } catch (const std::bad_alloc&) {
    return {ExitStatus::resource, who + ": not enough memory"};
  } catch (const std::exception& error) {
    return {ExitStatus::resource, who + ": " + error.what()};
  }
}

/// Names of files may hold any bytes; JSON takes UTF-8.
std::string packed(const Error& error) {
  return Json{{"error", error.what()}, {"status", static_cast<int>(error.status())}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}
Error unpacked(const Json& json) {
  return {static_cast<ExitStatus>(json.at("status").get<int>()),
          json.at("error").get<std::string>()};
}

class Sweep {
 public:
  Sweep(const SweepRequest& request, const std::function<void(const std::string&)>& message)
      : request_(request), message_(message) {}

  SweepOutcome run(const std::atomic<bool>& stop,
                   const std::function<void(const SweepProgress&)>& progress) {
    ranks_ = std::make_unique<Ranks>();
    SweepOutcome outcome;
    outcome.first_process = ranks_->rank() == 0;
    if (!all_prepare()) return outcome;
    if (!outcome.first_process) {
      outcome.interrupted = help(stop);
      return outcome;
    }
    lead(stop, progress);
    ranks_.reset();  // the other processes end here; waiting for them in MPI would take their
                     // processors from the last fit
    return conclude(stop, progress);
  }

 private:
  [[nodiscard]] double seconds_so_far() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  void prepare() {
    if (request_.seeds.empty()) throw UsageError("--seeds: at least one is needed");
    if (std::set(request_.seeds.begin(), request_.seeds.end()).size() != request_.seeds.size())
      throw UsageError("--seeds: a seed is given twice; the same fit would count twice");
    if (!request_.devices.empty()) request_.backend.device = request_.devices[0];
    request_.backend.kind = chosen_kind(request_.backend);
    if (request_.backend.threads == 0) request_.backend.threads = ranks_->processors();
    const bool on_gpus = request_.backend.kind == BackendKind::cuda;
    if (on_gpus) devices_ = devices_of_this_process();
    request_.backend.device = devices_[0];
    workers_ = request_.side_by_side > 0
                   ? request_.side_by_side
                   : (on_gpus ? static_cast<int>(devices_.size()) : request_.backend.threads);
    grid_ = make_grid(request_.settings, request_.grid);
    jobs_ = all_jobs(request_, grid_);
    recordings_ =
        std::make_unique<Recordings>(request_, grid_, 3 * static_cast<std::size_t>(workers_) + 3);
    // Whatever is wrong with data or backend is found now, before anything is on disk.
    const auto first = recordings_->launch(grid_.configurations[0], 0);
    static_cast<void>(make_backend(backend_options(first, 0), first.shape, first.training));
  }

  /// Its share of those of the machine: every so many-th; the one of its turn where there are more
  /// processes than devices.
  [[nodiscard]] std::vector<int> devices_of_this_process() const {
    auto all = request_.devices;
    if (all.empty() && ranks_->here() > 1) all = device_numbers("all", "--devices");
    if (all.empty()) return {request_.backend.device};

    const auto here = static_cast<std::size_t>(ranks_->here()),
               local = static_cast<std::size_t>(ranks_->local());
    if (here > all.size()) return {all[local % all.size()]};
    std::vector<int> ours;
    for (std::size_t k = local; k < all.size(); k += here) ours.push_back(all[k]);
    return ours;
  }

  /// Every process prepares, and all go on or none. Rank 0 throws what stops it or another; false:
  /// this is another, and none goes on.
  bool all_prepare() {
    std::exception_ptr ours;
    std::string report;
    try {
      prepare();
      report = Json{{"data", record()}}.dump();
    } catch (...) {
      ours = std::current_exception();
      report = packed(error_caught(ranks_->name()));
    }
    const auto reports = ranks_->gather(report);
    if (ranks_->rank() == 0 && !ours) {
      try {
        for (std::size_t r = 1; r < reports.size(); ++r) {
          const Json other = Json::parse(reports[r]);
          if (other.contains("error")) throw unpacked(other);
          if (other.at("data") != record())
            throw DataError(fmt::format(
                "{}: process {} reads another content there; give all machines the same files",
                request_.train.string(), r));
        }
        take_folder();
      } catch (...) {
        ours = std::current_exception();
      }
    }
    const bool go = ranks_->broadcast(ours ? "" : "go") == "go";
    if (ranks_->rank() == 0 && ours) std::rethrow_exception(ours);
    return go;
  }

  /// What a resumed sweep and all processes must have in common.
  [[nodiscard]] std::string record() const {
    Json json{{"format", "nnpoisson-sweep"},
              {"version", 1},
              {"settings", to_toml(request_.settings)},
              {"keys", grid_.keys}};
    json["configurations"] = Json::array();
    for (const auto& configuration : grid_.configurations)
      json["configurations"].push_back(configuration.values);
    json["folds"] = request_.folds;
    json["seeds"] = request_.seeds;
    json["data"] = fmt::format("{:016x}", recordings_->fingerprint());
    return json.dump(1) + "\n";
  }

  void take_folder() {
    folder_ = std::make_unique<SweepFolder>(request_, record());
    if (request_.resume && !folder_->resumed())
      message_("no sweep in " + request_.folder.string() + " yet: starting from the beginning");
    fits_.resize(jobs_.size());
    std::map<std::string, std::size_t> open;  // launches that take more
    std::size_t most = 1;
    const auto workers =
        static_cast<std::size_t>(workers_) * static_cast<std::size_t>(ranks_->count());
    if (request_.backend.kind == BackendKind::cuda) most = (jobs_.size() + workers - 1) / workers;
    if (request_.models_a_launch > 0) most = static_cast<std::size_t>(request_.models_a_launch);
    for (std::size_t j = 0; j < jobs_.size(); ++j) {
      const Job& job = jobs_[j];
      fits_[j] = folder_->read(job.configuration, job.fold, job.seed);
      if (fits_[j]) continue;
      const auto name =
          std::to_string(job.fold) +
          launch_of(grid_.configurations[static_cast<std::size_t>(job.configuration)].settings);
      const auto at = open.find(name);
      if (at == open.end() || launches_[at->second].size() >= most) {
        open[name] = launches_.size();
        launches_.emplace_back();
      }
      launches_[open[name]].push_back(j);
    }
    kept_ = static_cast<std::size_t>(
        std::count_if(fits_.begin(), fits_.end(), [](const auto& fit) { return fit.has_value(); }));
    done_ = kept_;
    message_(fmt::format(
        "{} configurations x {} folds{} = {} fits, {}{} side by side", grid_.configurations.size(),
        request_.folds,
        request_.seeds.size() > 1 ? fmt::format(" x {} seeds", request_.seeds.size()) : "",
        jobs_.size(), kept_ > 0 ? fmt::format("{} done before, ", kept_) : "",
        workers_ * ranks_->count()));
  }

  [[nodiscard]] BackendOptions backend_options(const Launch& launch, int worker) const {
    BackendOptions options = request_.backend;
    options.precision = launch.backend.precision;
    options.device = devices_[static_cast<std::size_t>(worker) % devices_.size()];
    return options;
  }

  std::optional<std::vector<SweepFit>> fit(int worker, const std::vector<std::size_t>& jobs,
                                           const std::function<int()>& threads,
                                           const std::atomic<bool>& halt) {
    const auto configuration = [&](std::size_t j) -> const Grid::Configuration& {
      return grid_.configurations[static_cast<std::size_t>(jobs_[j].configuration)];
    };
    Launch launch = recordings_->launch(configuration(jobs[0]), jobs_[jobs[0]].fold);
    launch.backend = backend_options(launch, worker);
    for (const auto j : jobs) {
      const auto& train = configuration(j).settings.train;
      launch.members.push_back(
          {jobs_[j].seed, train.learning_rate, train.iterations, train.patience});
    }
    const auto fitted = fit_side_by_side(launch, threads, halt);
    if (!fitted) return std::nullopt;
    std::vector<SweepFit> fits;
    for (std::size_t k = 0; k < jobs.size(); ++k) {
      const Job& job = jobs_[jobs[k]];
      const Fitted& one = (*fitted)[k];
      fits.push_back({job.configuration, job.fold, job.seed, one.iterations, one.best_iteration,
                      one.validation, one.test, one.failure});
    }
    return fits;
  }

  /// On rank 0: takes in fits and gives out the next launch.
  std::vector<std::size_t> exchange(const std::vector<SweepFit>& finished) {
    for (const auto& fit : finished) folder_->write(fit);
    const std::lock_guard lock(mutex_);
    for (const auto& fit : finished) {
      const auto same = [&](const Job& job) {
        return job.configuration == fit.configuration && job.fold == fit.fold &&
               job.seed == fit.seed;
      };
      fits_[static_cast<std::size_t>(std::find_if(jobs_.begin(), jobs_.end(), same) -
                                     jobs_.begin())] = fit;
      ++done_;
      if (!fit.failure.empty()) failures_.push_back(fit);
    }
    if (ending_ || launches_.empty()) return {};
    auto jobs = std::move(launches_.front());
    launches_.pop_front();
    return jobs;
  }

  /// Fits here, and gives out launches to the other processes, until all is done.
  void lead(const std::atomic<bool>& stop,
            const std::function<void(const SweepProgress&)>& progress) {
    std::exception_ptr failure;
    int helpers = ranks_->count() - 1;
    // Nothing may be thrown before all processes know that it is over: they would wait for ever.
    const auto reply = [&](const std::string& question) -> std::string {
      try {
        const Json json = Json::parse(question);
        if (!json.contains("fits")) --helpers;  // the last word of a process
        if (json.contains("error")) throw unpacked(json);
        if (!json.contains("fits")) return {};
        std::vector<SweepFit> finished;
        for (const auto& fit : json["fits"]) finished.push_back(fit_of(fit));
        return Json(exchange(finished)).dump();
      } catch (...) {
        if (!failure) failure = std::current_exception();
        ending_ = true;
        return "[]";
      }
    };
    std::size_t shown = kept_;
    {
      Crew crew(std::min(workers_, std::max(1, static_cast<int>(launches_.size()))),
                request_.backend.threads,
                {[this](int, const std::vector<SweepFit>& finished) { return exchange(finished); },
                 [this](int worker, const auto& jobs, const auto& threads, const auto& halt) {
                   return fit(worker, jobs, threads, halt);
                 }});
      const std::chrono::milliseconds pause(helpers > 0 ? 1 : 20);
      while (!crew.ended() || helpers > 0) {
        if (stop) {
          ending_ = true;
          crew.halt();
        }
        while (ranks_->answer(reply)) {
        }
        if (crew.failed()) ending_ = true;
        report(shown, progress);
        if (crew.ended() && helpers > 0)
          std::this_thread::sleep_for(pause);
        else
          crew.wait(pause);
      }
      report(shown, progress);
      crew.rethrow();
    }
    if (failure) std::rethrow_exception(failure);
    if (!stop && done_ < jobs_.size())
      throw ResourceError(
          request_.folder.string() +
          ": another process ended before its fits were done; continue with --resume");
  }

  /// On the other ranks. Whether it was stopped.
  bool help(const std::atomic<bool>& stop) {
    std::string last = "{}";
    {
      Crew crew(workers_, request_.backend.threads,
                {[this](int worker, const std::vector<SweepFit>& finished) {
                   Json fits = Json::array();
                   for (const auto& fit : finished) fits.push_back(json_of(fit));
                   return Json::parse(ranks_->ask(worker, Json{{"fits", fits}}.dump()))
                       .get<std::vector<std::size_t>>();
                 },
                 [this](int worker, const auto& jobs, const auto& threads, const auto& halt) {
                   return fit(worker, jobs, threads, halt);
                 }});
      while (!crew.ended()) {
        if (stop) crew.halt();
        crew.wait(std::chrono::milliseconds(20));
      }
      try {
        crew.rethrow();
      } catch (...) {
        last = packed(error_caught(ranks_->name()));
      }
    }
    static_cast<void>(ranks_->ask(0, last));
    return stop;
  }

  void report(std::size_t& shown, const std::function<void(const SweepProgress&)>& progress) {
    std::vector<SweepFit> failures;
    std::size_t done = 0;
    {
      const std::lock_guard lock(mutex_);
      done = done_;
      failures.swap(failures_);
    }
    for (const auto& fit : failures)
      message_(fmt::format("configuration {}, fold {}, seed {}: {}", fit.configuration, fit.fold,
                           fit.seed, fit.failure));
    if (done == shown) return;
    shown = done;
    const double seconds = seconds_so_far();
    const auto now = static_cast<double>(done - kept_),
               left = static_cast<double>(jobs_.size() - done);
    if (progress) progress({done, jobs_.size(), seconds, seconds / now * left});
  }

  /// The table, and the best configuration fitted to all trials.
  SweepOutcome conclude(const std::atomic<bool>& stop,
                        const std::function<void(const SweepProgress&)>& progress) {
    SweepOutcome outcome;
    outcome.fits = jobs_.size();
    if (done_ < jobs_.size()) {
      outcome.interrupted = true;
      return outcome;
    }
    std::vector<SweepFit> fits;
    for (const auto& fit : fits_) fits.push_back(*fit);
    outcome.failed = static_cast<std::size_t>(std::count_if(
        fits.begin(), fits.end(), [](const auto& fit) { return !fit.failure.empty(); }));
    outcome.table = make_table(grid_, fits, request_.test.has_value());
    folder_->write(outcome.table, fits);
    if (request_.refit && outcome.table.best)
      outcome.interrupted = refit(*outcome.table.best, outcome.table, stop, progress);
    return outcome;
  }

  /// No trial is held out for early stopping: the fit is as long as those of the folds were at
  /// their best. Whether it was stopped.
  bool refit(std::size_t best, const SweepTable& table, const std::atomic<bool>& stop,
             const std::function<void(const SweepProgress&)>& progress) {
    recordings_.reset();  // the fit reads its own
    TrainRequest fit;
    fit.train = request_.train;
    fit.test = request_.test;
    fit.run = folder_->run();
    fit.settings = grid_.configurations[best].settings;
    fit.settings.seed = request_.seeds[0];
    fit.settings.train.validation = 0;
    fit.settings.train.iterations =
        static_cast<int>(std::lround(table.configurations[best].iterations));
    fit.backend = request_.backend;
    fit.backend.precision = fit.settings.train.precision;
    fit.resume = true;
    message_(fmt::format("configuration {} is the best; fitting it to all trials, {} iterations",
                         best, fit.settings.train.iterations));
    const auto show = [&](const TrainProgress& p) {
      if (progress)
        progress({static_cast<std::size_t>(p.iteration), static_cast<std::size_t>(p.iterations),
                  seconds_so_far(), p.seconds_left, true});
    };
    return train(fit, stop, show, {}).interrupted;
  }

  SweepRequest request_;  // once prepared, with what this process computes on
  const std::function<void(const std::string&)>& message_;
  Clock::time_point start_ = Clock::now();
  std::unique_ptr<Ranks> ranks_;
  std::vector<int> devices_{-1};  // of this process; a worker takes one
  int workers_ = 1;
  Grid grid_;
  std::vector<Job> jobs_;
  std::unique_ptr<Recordings> recordings_;
  // Rank 0 only; the mutex guards the rest of them.
  std::unique_ptr<SweepFolder> folder_;
  std::mutex mutex_;
  std::atomic<bool> ending_{false};
  std::deque<std::vector<std::size_t>> launches_;
  std::vector<std::optional<SweepFit>> fits_;
  std::vector<SweepFit> failures_;  // not yet told
  std::size_t kept_ = 0, done_ = 0;
};

}  // namespace

SweepOutcome sweep(const SweepRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const SweepProgress&)>& progress,
                   const std::function<void(const std::string&)>& message) {
  const std::function<void(const std::string&)> silent = [](const std::string&) {};
  return Sweep(request, message ? message : silent).run(stop, progress);
}

}  // namespace nnpoisson
