#include "nnpoisson/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <set>

#include "fit/fit_loop.hpp"
#include "fit/seconds_since.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/train.hpp"
#include "sweep/crew.hpp"
#include "sweep/error_json.hpp"
#include "sweep/fit_json.hpp"
#include "sweep/fit_queue.hpp"
#include "sweep/grid.hpp"
#include "sweep/ranks.hpp"
#include "sweep/sweep_folder.hpp"
#include "sweep/sweep_plans.hpp"
#include "sweep/table.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

/// What fits side by side must have in common.
std::string common_settings(const Settings& settings) {
  Settings common = settings;
  common.train.learning_rate = Settings().train.learning_rate;
  common.train.iterations = Settings().train.iterations;
  common.train.patience = Settings().train.patience;
  return to_toml(common);
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
  [[nodiscard]] double seconds_so_far() const { return seconds_since(start_); }

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
    jobs_ = all_jobs(request_, grid_.configurations.size());
    plans_ = std::make_unique<SweepPlans>(request_, 3 * static_cast<std::size_t>(workers_) + 3);
    // Whatever is wrong with data or backend is found now, before anything is on disk.
    const auto first = plans_->plans_of(grid_.configurations[0], 0);
    static_cast<void>(
        first.training.make_backend(backend_options(grid_.configurations[0].settings, 0)));
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
      report = to_json(error_caught(ranks_->name()));
    }
    const auto reports = ranks_->gather(report);
    if (ranks_->rank() == 0 && !ours) {
      try {
        for (std::size_t r = 1; r < reports.size(); ++r) {
          const Json other = Json::parse(reports[r]);
          if (other.contains("error")) throw error_from_json(other);
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
    json["data"] = fmt::format("{:016x}", plans_->fingerprint());
    return json.dump(1) + "\n";
  }

  void take_folder() {
    folder_ = std::make_unique<SweepFolder>(request_, record());
    if (request_.mode == FolderMode::resume && !folder_->resumed())
      message_("no sweep in " + request_.folder.string() + " yet: starting from the beginning");

    const int workers = workers_ * ranks_->count();
    queue_ = std::make_unique<FitQueue>(
        jobs_, *folder_, most_side_by_side(static_cast<std::size_t>(workers)),
        [this](const SweepJob& job) {
          return std::to_string(job.fold) + common_settings(settings_of(job));
        });

    const std::size_t seeds = request_.seeds.size(), before = queue_->done_before();
    message_(fmt::format("{} configurations x {} folds{} = {} fits, {}{} side by side",
                         grid_.configurations.size(), request_.folds,
                         seeds > 1 ? fmt::format(" x {} seeds", seeds) : "", jobs_.size(),
                         before > 0 ? fmt::format("{} done before, ", before) : "", workers));
  }

  /// Models of one loop: alone on the processor, on GPUs each worker's share.
  [[nodiscard]] std::size_t most_side_by_side(std::size_t workers) const {
    if (request_.models_a_launch > 0) return static_cast<std::size_t>(request_.models_a_launch);
    return request_.backend.kind == BackendKind::cuda ? (jobs_.size() + workers - 1) / workers : 1;
  }

  [[nodiscard]] const Settings& settings_of(const SweepJob& job) const {
    return grid_.configurations[static_cast<std::size_t>(job.configuration)].settings;
  }

  /// What a worker computes on; fits side by side differ in no setting that matters here.
  [[nodiscard]] BackendOptions backend_options(const Settings& settings, int worker) const {
    BackendOptions options = request_.backend;
    options.precision = settings.train.precision;
    options.device = devices_[static_cast<std::size_t>(worker) % devices_.size()];
    return options;
  }

  /// The fits of these jobs, side by side; nothing if `halt` was set before the end.
  std::optional<std::vector<SweepFit>> fit(int worker, const std::vector<std::size_t>& jobs,
                                           const std::function<int()>& threads,
                                           const std::atomic<bool>& halt) {
    std::vector<FitMember> members;
    for (const auto j : jobs) {
      const auto& train = settings_of(jobs_[j]).train;
      members.push_back({jobs_[j].seed, train.learning_rate, train.iterations, train.patience});
    }
    const SweepJob& first = jobs_[jobs[0]];
    FitLoop loop(
        plans_->plans_of(grid_.configurations[static_cast<std::size_t>(first.configuration)],
                         first.fold),
        std::move(members),
        {.backend = backend_options(settings_of(first), worker),
         .test = LoopOptions::Test::best_weights,
         .threads = threads,
         .observer = {.stop = &halt}});
    loop.run();

    std::vector<SweepFit> fits;
    for (std::size_t k = 0; k < jobs.size(); ++k) {
      const SweepJob& job = jobs_[jobs[k]];
      const FitCourse& course = loop.models()[k];
      if (course.end == FitEnd::stopped) return std::nullopt;
      SweepFit fit{.configuration = job.configuration, .fold = job.fold, .seed = job.seed};
      fit.iterations = course.iterations();
      if (course.best.iteration >= 0) {
        fit.best_iteration = course.best.iteration;
        fit.validation = course.history[static_cast<std::size_t>(fit.best_iteration)].validation;
      }
      if (course.failure)
        fit.failure = course.failure->message();
      else if (request_.test)
        fit.test = loop.test_at_best()[k];
      fits.push_back(std::move(fit));
    }
    return fits;
  }

  /// Fits here, and gives out groups of fits to the other processes, until all is done.
  void lead(const std::atomic<bool>& stop,
            const std::function<void(const SweepProgress&)>& progress) {
    std::exception_ptr failure;
    int helpers = ranks_->count() - 1;
    // Nothing may be thrown before all processes know that it is over: they would wait for ever.
    const auto reply = [&](const std::string& question) -> std::string {
      try {
        const Json json = Json::parse(question);
        if (!json.contains("fits")) --helpers;  // the last word of a process
        if (json.contains("error")) throw error_from_json(json);
        if (!json.contains("fits")) return {};
        std::vector<SweepFit> finished;
        for (const auto& fit : json["fits"]) finished.push_back(fit_of(fit));
        return Json(queue_->exchange(finished)).dump();
      } catch (...) {
        if (!failure) failure = std::current_exception();
        queue_->end();
        return "[]";
      }
    };
    std::size_t shown = queue_->done_before();
    {
      Crew crew(std::min(workers_, std::max(1, static_cast<int>(queue_->groups()))),
                request_.backend.threads,
                {[this](int, const std::vector<SweepFit>& finished) {
                   return queue_->exchange(finished);
                 },
                 [this](int worker, const auto& jobs, const auto& threads, const auto& halt) {
                   return fit(worker, jobs, threads, halt);
                 }});
      const std::chrono::milliseconds pause(helpers > 0 ? 1 : 20);
      while (!crew.ended() || helpers > 0) {
        if (stop) {
          queue_->end();
          crew.halt();
        }
        while (ranks_->answer(reply)) {
        }
        if (crew.failed()) queue_->end();
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
    if (!stop && !queue_->all_done())
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
        last = to_json(error_caught(ranks_->name()));
      }
    }
    static_cast<void>(ranks_->ask(0, last));
    return stop;
  }

  void report(std::size_t& shown, const std::function<void(const SweepProgress&)>& progress) {
    for (const auto& fit : queue_->new_failures())
      message_(fmt::format("configuration {}, fold {}, seed {}: {}", fit.configuration, fit.fold,
                           fit.seed, fit.failure));
    const std::size_t done = queue_->done();
    if (done == shown) return;
    shown = done;
    const double seconds = seconds_so_far();
    const auto now = static_cast<double>(done - queue_->done_before());
    const auto left = static_cast<double>(jobs_.size() - done);
    if (progress) progress({done, jobs_.size(), seconds, seconds / now * left});
  }

  /// The table, and the best configuration fitted to all trials.
  SweepOutcome conclude(const std::atomic<bool>& stop,
                        const std::function<void(const SweepProgress&)>& progress) {
    SweepOutcome outcome;
    outcome.fits = jobs_.size();
    if (!queue_->all_done()) {
      outcome.interrupted = true;
      return outcome;
    }
    const auto fits = queue_->fits();
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
    plans_.reset();  // the fit reads its own
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
    fit.mode = FolderMode::resume;
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
  std::vector<SweepJob> jobs_;
  std::unique_ptr<SweepPlans> plans_;
  std::unique_ptr<SweepFolder> folder_;  // on rank 0 only, as the queue
  std::unique_ptr<FitQueue> queue_;
};

}  // namespace

SweepOutcome sweep(const SweepRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const SweepProgress&)>& progress,
                   const std::function<void(const std::string&)>& message) {
  const std::function<void(const std::string&)> silent = [](const std::string&) {};
  return Sweep(request, message ? message : silent).run(stop, progress);
}

}  // namespace nnpoisson
