#include "nnpoisson/train.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "fit/fit_loop.hpp"
#include "fit/fit_problem.hpp"
#include "fit/seconds_since.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "settings/written_before.hpp"
#include "train/checkpoint.hpp"
#include "train/fingerprint.hpp"
#include "train/initial_model.hpp"
#include "train/run_folder.hpp"

namespace nnpoisson {
namespace {

using Message = std::function<void(const std::string&)>;

/// The files of a run, read and planned; the datasets themselves are let go.
struct ReadRun {
  std::unique_ptr<FitProblem> problem;
  std::vector<std::string> history_regions;  ///< that have a column of test losses
  std::uint64_t fingerprint = 0;
};

ReadRun read_run(const TrainRequest& request, const Message& message) {
  check(request.settings);
  const auto start = Clock::now();
  Dataset data = read_dataset(request.train);
  const double reading = seconds_since(start);

  ReadRun run;
  Fingerprint print;
  print.add(data);
  if (request.settings.preset != Preset::neurons)
    for (const auto g : alphabetical_regions(data))
      run.history_regions.push_back(data.region_names[static_cast<std::size_t>(g)]);

  std::optional<Model> initial;
  if (request.init) initial = read_initial_model(*request.init, request.settings, data);
  run.problem = std::make_unique<FitProblem>(
      data, request.settings,
      FitProblem::Given{.initial = initial ? &*initial : nullptr, .backend = request.backend});
  for (const auto& note : run.problem->notes()) message(note);

  data = {};  // before the test set is read: the two need not be in memory together
  if (request.test) {
    const Dataset test = read_dataset(*request.test);
    run.problem->add_test(test);
    print.add(test);
  }
  run.fingerprint = print.sum();
  message(fmt::format("read in {:.2f} s, planned in {:.2f} s {}", reading,
                      seconds_since(start) - reading, run.problem->planner()));
  return run;
}

/// A fit whose observer is the run folder.
class Training {
 public:
  Training(const TrainRequest& request, const std::atomic<bool>& stop,
           const std::function<void(const TrainProgress&)>& progress, const Message& message)
      : request_(request),
        progress_(progress),
        message_(message),
        read_(read_run(request, message)),
        problem_(*read_.problem),
        loop_(problem_.plans(), {problem_.member()},
              {.backend = request.backend, .observer = observer(stop)}),
        folder_(request.run, request.mode) {}

  TrainOutcome run() {
    begin();
    loop_.run();
    save();
    if (course().failure) give_up(*course().failure);

    const TrainOutcome outcome{.iterations = course().iterations(),
                               .interrupted = course().end == FitEnd::stopped,
                               .stopped_early = course().end == FitEnd::patience,
                               .spikes_per_second = loop_.spikes_per_second(),
                               .backend = loop_.backend()};
    if (!outcome.interrupted) finish(outcome);
    return outcome;
  }

 private:
  [[nodiscard]] const FitCourse& course() const { return loop_.models()[0]; }
  [[nodiscard]] const Settings::TrainSettings& train() const { return problem_.settings().train; }

  FitObserver observer(const std::atomic<bool>& stop) {
    const auto keep_weights = [this](std::span<const FitCourse>) {
      if (course().iterations() % train().save_every == 0)
        folder_.write_weights(course().iterations(), problem_.model(course().state.parameters));
    };
    const auto record = [this](std::span<const FitCourse>, const FitProgress& now) {
      const auto& losses = course().history.back();
      folder_.add(now.iteration - 1, losses);
      if (seconds_since(saved_) > request_.checkpoint_seconds) save();
      if (progress_)
        progress_({now.iteration, now.iterations, now.seconds, now.spikes_per_second,
                   now.seconds_left, losses.train.total, losses.validation.total,
                   losses.test.total});
    };
    return {keep_weights, record, &stop};
  }

  /// Takes up the checkpoint, or starts anew and leaves a first one.
  void begin() {
    identity_ = {to_toml(problem_.settings()), read_.fingerprint, 0};
    const bool resume = request_.mode == FolderMode::resume;
    if (resume && std::filesystem::exists(folder_.checkpoint())) {
      auto found = read_checkpoint(folder_.checkpoint(), course().state.parameters.size(),
                                   read_.history_regions.size());
      require_same_run(found);
      identity_.error_at_start = found.run.error_at_start;
      loop_.resume(0, std::move(found.course));
      message_(fmt::format("continuing after iteration {}", course().iterations()));
    } else {
      if (resume)
        message_("no checkpoint in " + request_.run.string() + " yet: starting from the beginning");
      if (request_.init) loop_.begin_at(problem_.initial_parameters());
      if (train().time_resolution > 0)
        identity_.error_at_start =
            problem_.resolution_error(course().state.parameters, request_.backend);
    }

    save();  // before anything else: a folder that holds more than its lock can be resumed
    folder_.write_config(config());
    folder_.write_region_index(problem_.plans().region_names);
    auto head = problem_.description();
    head.push_back("backend: " + loop_.backend());
    if (train().time_resolution > 0)
      head.push_back(resolution_line(identity_.error_at_start, "first"));
    for (const auto& line : head) message_(line);
    folder_.begin_history(problem_.settings().preset, head, read_.history_regions,
                          course().history);
  }

  void require_same_run(const Checkpoint& found) const {
    if (found.run.data != identity_.data)
      throw UsageError(
          request_.run.string() +
          ": was trained on other data; give the same --train and --test, or another --out");

    // More or fewer iterations are the one change that a continued run may make; where the
    // learning rate falls to 0 over them, not even that.
    const bool fixed = problem_.settings().preset == Preset::neurons;
    const auto without_iterations = [fixed](std::string toml) {
      if (fixed) return toml;
      const auto first = toml.find("\niterations");
      return first == std::string::npos ? toml
                                        : toml.erase(first, toml.find('\n', first + 1) - first);
    };
    if (without_iterations(without_readout(found.run.settings)) !=
        without_iterations(identity_.settings))
      throw UsageError(request_.run.string() +
                       ": was trained under other settings (see its config.toml); give the same "
                       "ones, or another --out");

    const int iterations = found.course.iterations();
    const auto steps = std::uint64_t(iterations) * std::uint64_t(train().episodes) *
                       problem_.plans().training.batches();
    if (found.course.state.step != steps)
      throw DataError(fmt::format(
          "{}: attribute step: is {}, but {} iterations take {} steps; the checkpoint cannot be "
          "used",
          folder_.checkpoint().string(), found.course.state.step, iterations, steps));
  }

  void save() {
    write_checkpoint(folder_.checkpoint(), identity_, course(), read_.history_regions.size());
    saved_ = Clock::now();
  }

  [[nodiscard]] std::string config() const {
    std::string text =
        "# nnpoisson train --config config.toml repeats this fit with the same --train, --test and "
        "--init\n";
    text += "# train: " + request_.train.string() + "\n";
    if (request_.test) text += "# test: " + request_.test->string() + "\n";
    if (request_.init) text += "# init: " + request_.init->string() + "\n";
    return text + identity_.settings;
  }

  [[nodiscard]] std::string resolution_line(double error, const char* weights) const {
    return fmt::format("time_resolution {} s: relative error of the loss {:.2e} at the {} weights",
                       train().time_resolution, error, weights);
  }

  [[noreturn]] void give_up(const FitFailure& failure) const {
    throw NumericalError(fmt::format(
        "{}: {}; the checkpoint before that iteration is kept, try a smaller train.learning_rate "
        "or smaller stimulus values",
        request_.run.string(), failure.message()));
  }

  void finish(const TrainOutcome& outcome) {
    if (train().time_resolution > 0)
      note(resolution_line(problem_.resolution_error(course().state.parameters, request_.backend),
                           "last"));
    if (course().best.iteration >= 0)
      note(fmt::format(
          "model.h5 holds the weights after iteration {}, the best on the validation trials{}",
          course().best.iteration,
          outcome.stopped_early ? "; no better one came, so the fit stopped" : ""));
    write_model(folder_.model(), problem_.model(course().parameters()));
  }

  void note(const std::string& line) {
    folder_.note(line);
    message_(line);
  }

  const TrainRequest& request_;
  const std::function<void(const TrainProgress&)>& progress_;
  const Message& message_;
  ReadRun read_;
  const FitProblem& problem_;
  FitLoop loop_;
  RunFolder folder_;  // last: nothing is made on disk before all the rest is known to work
  RunIdentity identity_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace

TrainOutcome train(const TrainRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const TrainProgress&)>& progress,
                   const std::function<void(const std::string&)>& message) {
  const Message silent = [](const std::string&) {};
  return Training(request, stop, progress, message ? message : silent).run();
}

}  // namespace nnpoisson
