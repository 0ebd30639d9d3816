#include "nnpoisson/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/summary.hpp"
#include "train/checkpoint.hpp"
#include "train/problem.hpp"
#include "train/run_folder.hpp"

namespace nnpoisson {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Training {
 public:
  Training(const TrainRequest& request, const std::function<void(const std::string&)>& message)
      : request_(request),
        message_(message),
        problem_(request, message),
        parameters_(problem_.first_parameters().size()),
        backend_(backend_for(problem_.training())),
        validation_(backend_for(problem_.validation())),
        test_(backend_for(problem_.test())),
        folder_(request.run, request.resume ? RunFolder::If::resume
                                            : (request.overwrite ? RunFolder::If::overwrite
                                                                 : RunFolder::If::absent)) {}

  TrainOutcome run(const std::atomic<bool>& stop,
                   const std::function<void(const TrainProgress&)>& progress) {
    begin();
    const auto& train = problem_.settings().train;
    std::vector<std::uint32_t> order;
    for (int episode = 0; episode < train.episodes; ++episode)
      for (std::uint32_t b = 0; b < problem_.training()->batches.size(); ++b) order.push_back(b);
    const std::vector<double> rate{train.learning_rate};
    const auto spikes = static_cast<double>(problem_.training()->spikes) * train.episodes;

    TrainOutcome outcome;
    outcome.backend = backend_->description();
    const auto start = Clock::now();
    auto saved = start;
    double training_seconds = 0;
    const int first = done_.iterations;
    while (done_.iterations < train.iterations && !out_of_patience()) {
      const int iteration = done_.iterations;
      if (iteration % train.save_every == 0)
        folder_.write_weights(iteration, problem_.shape(), done_.state.parameters);
      const auto iteration_start = Clock::now();
      TrainingState state = done_.state;
      const auto result = backend_->train(state, {order, rate}, stop);
      if (!result.finite) give_up(result, order[result.steps]);
      if (result.steps < order.size()) {
        outcome.interrupted = true;
        break;
      }
      const double seconds = seconds_since(iteration_start);
      training_seconds += seconds;
      finish_iteration(std::move(state), result.sums[0], order.size());
      folder_.add(iteration, done_.history.back());
      if (seconds_since(saved) > request_.checkpoint_seconds) {
        save();
        saved = Clock::now();
      }
      const auto& row = done_.history.back();
      const int now = done_.iterations - first;
      outcome.spikes_per_second = spikes * now / training_seconds;
      if (progress)
        progress({done_.iterations, train.iterations, seconds_since(start),
                  outcome.spikes_per_second,
                  seconds_since(start) / now * (train.iterations - done_.iterations),
                  row.train.total, row.validation.total, row.test.total});
      if (stop && done_.iterations < train.iterations && !out_of_patience()) {
        outcome.interrupted = true;
        break;
      }
    }
    save();
    outcome.iterations = done_.iterations;
    outcome.stopped_early = done_.iterations < train.iterations && !outcome.interrupted;
    if (!outcome.interrupted) finish(outcome);
    return outcome;
  }

 private:
  /// Null where there is no such plan.
  [[nodiscard]] std::unique_ptr<Backend> backend_for(std::shared_ptr<const Plan> plan) const {
    return plan ? make_backend(request_.backend, problem_.shape(), std::move(plan)) : nullptr;
  }

  /// Takes up the checkpoint, or starts anew and leaves a first one.
  void begin() {
    const std::string settings = to_toml(problem_.settings());
    done_.settings = settings;
    done_.data = problem_.fingerprint();
    if (request_.resume && std::filesystem::exists(folder_.checkpoint())) {
      auto found = read_checkpoint(folder_.checkpoint(), parameters_, problem_.regions().size());
      require_same_run(found);
      found.settings = settings;
      done_ = std::move(found);
      message_(fmt::format("continuing after iteration {}", done_.iterations));
    } else {
      if (request_.resume)
        message_("no checkpoint in " + request_.run.string() + " yet: starting from the beginning");
      done_.state.parameters = problem_.first_parameters();
      done_.state.first_moment.assign(parameters_, 0.0);
      done_.state.second_moment.assign(parameters_, 0.0);
      if (problem_.settings().train.time_resolution > 0)
        done_.error_at_start = problem_.resolution_error(done_.state.parameters, request_.backend);
    }
    save();  // before anything else: a folder that holds more than its lock can be resumed
    folder_.write_config(problem_.config());
    folder_.write_region_index(problem_.file_regions());
    auto head = problem_.description();
    head.push_back("backend: " + backend_->description());
    if (problem_.settings().train.time_resolution > 0)
      head.push_back(fmt::format(
          "time_resolution {} s: relative error of the loss {:.2e} at the first weights",
          problem_.settings().train.time_resolution, done_.error_at_start));
    for (const auto& line : head) message_(line);
    folder_.begin_history(head, problem_.regions(), done_.history);
  }

  void require_same_run(const Checkpoint& found) const {
    const auto& train = problem_.settings().train;
    const auto steps = std::uint64_t(found.iterations) * std::uint64_t(train.episodes) *
                       problem_.training()->batches.size();
    if (found.data != done_.data)
      throw UsageError(
          request_.run.string() +
          ": was trained on other data; give the same --train and --test, or another --out");
    // More or fewer iterations are the one change that a continued run may make.
    const auto without_iterations = [](std::string toml) {
      const auto at = toml.find("\niterations");
      return at == std::string::npos ? toml : toml.erase(at, toml.find('\n', at + 1) - at);
    };
    if (without_iterations(found.settings) != without_iterations(done_.settings))
      throw UsageError(request_.run.string() +
                       ": was trained under other settings (see its config.toml); give the same "
                       "ones, or another --out");
    if (found.state.step != steps)
      throw DataError(
          fmt::format("{}: attribute step: is {}, but {} iterations take {} steps; the checkpoint "
                      "cannot be used",
                      folder_.checkpoint().string(), found.state.step, found.iterations, steps));
  }

  [[nodiscard]] bool out_of_patience() const {
    return done_.best.out_of_patience(done_.iterations, problem_.settings().train.patience);
  }

  void finish_iteration(TrainingState state, const BatchLoss& sums, std::size_t steps) {
    HistoryRow row;
    row.train = sums;
    if (problem_.settings().preset ==
        Preset::exact) {  // a mean over steps is what the other sets' losses compare with
      const double n = static_cast<double>(steps);
      row.train = {sums.neural / n, sums.left / n, sums.right / n, sums.total / n};
    }
    row.test = row.validation = {missing, missing, missing, missing};
    if (test_)
      require_finite(
          "test",
          row.test = sum_of_losses(*test_, *problem_.test(), state.parameters, &row.test_regions),
          row.test_regions);
    else
      row.test_regions.assign(problem_.regions().size(), missing);
    if (validation_) {
      require_finite(
          "validation",
          row.validation = sum_of_losses(*validation_, *problem_.validation(), state.parameters),
          {});
      done_.best.offer(done_.iterations, row.validation.total, state.parameters);
    }
    done_.state = std::move(state);
    done_.history.push_back(std::move(row));
    ++done_.iterations;
  }

  void save() { write_checkpoint(folder_.checkpoint(), done_, problem_.regions().size()); }

  static const char* term_not_finite(const BatchLoss& loss) {
    return !std::isfinite(loss.neural)  ? "neural loss"
           : !std::isfinite(loss.left)  ? "left action's loss"
           : !std::isfinite(loss.right) ? "right action's loss"
                                        : "gradient";
  }

  /// Ends a run whose numbers are lost: `where` names term, step and region.
  [[noreturn]] void give_up(const std::string& where) {
    save();
    throw NumericalError(
        fmt::format("{}: {}; the checkpoint before that iteration is kept, try a smaller "
                    "train.learning_rate or smaller "
                    "stimulus values",
                    request_.run.string(), where));
  }
  [[noreturn]] void give_up(const ProgramResult& result, std::uint32_t batch) {
    const auto region = problem_.training()->batches[batch].region;
    give_up(fmt::format(
        "{} is not finite at step {} of iteration {} ({})", term_not_finite(result.failed),
        result.steps + 1, done_.iterations,
        region < 0 ? std::string("all regions")
                   : "region " + problem_.file_regions()[static_cast<std::size_t>(region)]));
  }
  void require_finite(const char* set, const BatchLoss& loss, const std::vector<double>& regions) {
    if (std::isfinite(loss.total)) return;
    const auto bad = std::find_if(regions.begin(), regions.end(),
                                  [](double value) { return !std::isfinite(value); });
    give_up(fmt::format(
        "{} of the {} set is not finite after the last step of iteration {} ({})",
        term_not_finite(loss), set, done_.iterations,
        bad == regions.end()
            ? "all regions"
            : "region " + problem_.regions()[static_cast<std::size_t>(bad - regions.begin())]));
  }

  void finish(const TrainOutcome& outcome) {
    const auto& best = validation_ && !done_.best.parameters.empty() ? done_.best.parameters
                                                                     : done_.state.parameters;
    if (problem_.settings().train.time_resolution > 0)
      note(
          fmt::format("time_resolution {} s: relative error of the loss {:.2e} at the last weights",
                      problem_.settings().train.time_resolution,
                      problem_.resolution_error(done_.state.parameters, request_.backend)));
    if (validation_ && done_.best.iteration >= 0)
      note(fmt::format(
          "model.h5 holds the weights after iteration {}, the best on the validation trials{}",
          done_.best.iteration,
          outcome.stopped_early ? "; no better one came, so the fit stopped" : ""));
    write_model(folder_.model(), problem_.model(best));
  }
  void note(const std::string& line) {
    folder_.note(line);
    message_(line);
  }

  const TrainRequest& request_;
  const std::function<void(const std::string&)>& message_;
  Problem problem_;
  std::size_t parameters_;
  std::unique_ptr<Backend> backend_, validation_, test_;
  RunFolder folder_;  // last: nothing is made on disk before all the rest is known to work
  Checkpoint done_;
};

}  // namespace

TrainOutcome train(const TrainRequest& request, const std::atomic<bool>& stop,
                   const std::function<void(const TrainProgress&)>& progress,
                   const std::function<void(const std::string&)>& message) {
  const std::function<void(const std::string&)> silent = [](const std::string&) {};
  return Training(request, message ? message : silent).run(stop, progress);
}

}  // namespace nnpoisson
