#include "fit/fit_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fit/losses.hpp"
#include "fit/seconds_since.hpp"

namespace nnpoisson {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr BatchLoss no_loss{missing, missing, missing, missing};
const std::atomic<bool> never{false};

const char* term_not_finite(const BatchLoss& loss) {
  if (!std::isfinite(loss.neural)) return "neural loss";
  if (!std::isfinite(loss.left)) return "left action's loss";
  if (!std::isfinite(loss.right)) return "right action's loss";
  return "gradient";
}

/// -1: none, or all regions together.
std::int32_t first_region_not_finite(const FitSet& plan, const PlanLoss& loss) {
  auto value = loss.regions.begin();
  for (std::size_t b = 0; b < plan.batches(); ++b)
    if (plan.region(b) >= 0 && !std::isfinite(*value++)) return plan.region(b);
  return -1;
}

TrainingState start_of(const std::vector<double>& parameters) {
  const std::vector<double> zeros(parameters.size(), 0.0);
  return {1, 0, parameters, zeros, zeros};
}

void append(std::vector<double>& all, const std::vector<double>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// The k-th of `models` equal parts.
std::vector<double> part(const std::vector<double>& all, std::size_t k, std::size_t models) {
  const auto size = static_cast<std::ptrdiff_t>(all.size() / models);
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(k) * size;
  return {first, first + size};
}

}  // namespace

void BestWeights::offer(int iteration_now, double loss, std::span<const double> weights) {
  if (!(loss < validation)) return;
  validation = loss;
  iteration = iteration_now;
  parameters.assign(weights.begin(), weights.end());
}

bool BestWeights::out_of_patience(int iterations_done, int patience) const {
  return iteration >= 0 && iterations_done - 1 - iteration >= patience;
}

std::string FitFailure::message() const {
  return what + " is not finite " + where;
}

/// A member's iteration, until it is known to be sound.
struct FitLoop::Trained {
  std::size_t member = 0;
  TrainingState state{};
  IterationLosses losses{no_loss, no_loss, no_loss, {}};
  std::optional<FitFailure> failure{};
};

FitLoop::FitLoop(FitPlans plans, std::vector<FitMember> members, LoopOptions options)
    : plans_(std::move(plans)), members_(std::move(members)), options_(std::move(options)) {
  for (int episode = 0; episode < plans_.episodes; ++episode)
    for (std::uint32_t b = 0; b < plans_.training.batches(); ++b) order_.push_back(b);

  for (const auto& member : members_)
    models_.push_back({start_of(plans_.start(member.seed)), {}, {}});
  make_backends(options_.threads ? options_.threads() : options_.backend.threads);
}

void FitLoop::begin_at(const std::vector<double>& parameters) {
  for (auto& model : models_) model.state = start_of(parameters);
}

void FitLoop::resume(std::size_t member, FitCourse course) {
  models_[member] = std::move(course);
}

std::string FitLoop::backend() const {
  return training_->description();
}

void FitLoop::make_backends(int threads) {
  const bool same = threads == backend_options_.threads;
  if (training_ && (same || chosen_kind(backend_options_) != BackendKind::cpu)) return;

  backend_options_ = options_.backend;
  backend_options_.threads = threads;
  const auto backend_for = [&](const FitSet& set) {
    return set ? set.make_backend(backend_options_) : nullptr;
  };
  training_ = backend_for(plans_.training);
  validation_ = backend_for(plans_.validation);
  if (options_.test == LoopOptions::Test::every_iteration) test_ = backend_for(plans_.test);
}

void FitLoop::run() {
  const FitObserver& observer = options_.observer;
  const auto start = Clock::now();
  double training_seconds = 0, spikes = 0;
  int iterations = 0;

  auto running = end_what_is_done();
  while (!running.empty()) {
    if (options_.threads) make_backends(options_.threads());
    if (observer.before_iteration) observer.before_iteration(models_);

    const auto iteration_start = Clock::now();
    std::vector<Trained> trained;
    const bool whole = train(running, trained);
    training_seconds += seconds_since(iteration_start);
    if (!whole) break;

    measure(trained);
    const bool any = commit(trained);
    ++iterations;
    spikes += static_cast<double>(plans_.training.spikes()) * plans_.episodes *
              static_cast<double>(trained.size());
    spikes_per_second_ = spikes / training_seconds;
    if (any && observer.after_iteration)
      observer.after_iteration(models_, progress(seconds_since(start), iterations));

    running = end_what_is_done();
    if (observer.stop != nullptr && *observer.stop) break;
  }
  for (const auto m : running) models_[m].end = FitEnd::stopped;
  if (running.empty() && options_.test == LoopOptions::Test::best_weights) test_best_weights();
}

FitProgress FitLoop::progress(double seconds, int iterations_here) const {
  FitProgress now;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    now.iteration = std::max(now.iteration, models_[m].iterations());
    now.iterations = std::max(now.iterations, members_[m].iterations);
  }
  now.seconds = seconds;
  now.spikes_per_second = spikes_per_second_;
  now.seconds_left = seconds / iterations_here * (now.iterations - now.iteration);
  return now;
}

std::vector<std::size_t> FitLoop::end_what_is_done() {
  std::vector<std::size_t> running;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    auto& model = models_[m];
    if (model.end != FitEnd::running) continue;
    if (model.iterations() >= members_[m].iterations)
      model.end = FitEnd::iterations;
    else if (model.best.out_of_patience(model.iterations(), members_[m].patience))
      model.end = FitEnd::patience;
    else
      running.push_back(m);
  }
  return running;
}

bool FitLoop::train(std::span<const std::size_t> members, std::vector<Trained>& trained) {
  TrainingState together{static_cast<int>(members.size()), 0, {}, {}, {}};
  std::vector<double> rates;
  const FitSchedule& schedule = plans_.schedule;
  std::vector<std::uint32_t> held;
  for (const auto m : members) {
    const TrainingState& one = models_[m].state;
    const int now = models_[m].iterations(), all = members_[m].iterations;
    const auto begun =
        schedule.begin ? schedule.begin(now, all, one.parameters) : std::nullopt;
    held.push_back(schedule.held ? schedule.held(now, all) : 0);
    const double factor = schedule.rate ? schedule.rate(now, all) : 1.0;
    together.step = one.step;
    append(together.parameters, begun ? *begun : one.parameters);
    append(together.first_moment, one.first_moment);
    append(together.second_moment, one.second_moment);
    rates.push_back(members_[m].learning_rate * factor);
  }

  const auto each_alone = [&] {
    return std::all_of(members.begin(), members.end(), [&](const std::size_t& m) {
      return train({&m, 1}, trained);
    });
  };
  if (std::ranges::any_of(held, [&](std::uint32_t h) { return h != held[0]; })) return each_alone();

  const auto* stop = options_.observer.stop;
  const auto result =
      training_->train(together, {order_, rates, held[0]}, stop != nullptr ? *stop : never);
  if (!result.finite) {
    if (members.size() == 1) {
      const int iteration = models_[members[0]].iterations();
      trained.push_back({.member = members[0], .failure = failure(result, iteration)});
      return true;
    }
    // All are as they were. Each alone shows whose failure it is.
    return each_alone();
  }
  if (result.steps < order_.size()) return false;

  // Where the loss is one of the whole set, a mean over steps is what the other sets' losses
  // compare with.
  const double divisor = plans_.preset == Preset::authors ? 1 : static_cast<double>(order_.size());
  for (std::size_t k = 0; k < members.size(); ++k) {
    const auto& sum = result.sums[k];
    Trained one{.member = members[k]};
    if (members.size() == 1)  // a large model is not copied
      one.state = std::move(together);
    else
      one.state = {1, together.step, part(together.parameters, k, members.size()),
                   part(together.first_moment, k, members.size()),
                   part(together.second_moment, k, members.size())};
    one.losses.train = {sum.neural / divisor, sum.left / divisor, sum.right / divisor,
                        sum.total / divisor};
    trained.push_back(std::move(one));
  }
  return true;
}

void FitLoop::measure(std::vector<Trained>& trained) const {
  std::vector<Trained*> sound;
  std::vector<double> parameters;
  for (auto& one : trained) {
    if (plans_.preset != Preset::neurons)
      one.losses.test_regions.assign(plans_.region_names.size(), missing);
    if (one.failure) continue;
    sound.push_back(&one);
    append(parameters, one.state.parameters);
  }
  if (sound.empty()) return;

  const auto take = [&](Backend& backend, const FitSet& plan, const char* set, const auto& keep) {
    const auto losses = plan_losses(backend, plan, static_cast<int>(sound.size()), parameters);
    for (std::size_t k = 0; k < sound.size(); ++k) {
      Trained& one = *sound[k];
      if (!one.failure && !std::isfinite(losses[k].sum.total))
        one.failure = failure(set, plan, losses[k], models_[one.member].iterations());
      keep(one.losses, losses[k]);
    }
  };
  if (test_)
    take(*test_, plans_.test, "test", [](IterationLosses& losses, const PlanLoss& loss) {
      losses.test = loss.sum;
      if (!loss.regions.empty()) losses.test_regions = loss.regions;
    });
  if (validation_)
    take(*validation_, plans_.validation, "validation",
         [](IterationLosses& losses, const PlanLoss& loss) { losses.validation = loss.sum; });
}

bool FitLoop::commit(std::vector<Trained>& trained) {
  bool any = false;
  for (auto& one : trained) {
    auto& model = models_[one.member];
    if (one.failure) {
      model.end = FitEnd::not_finite;
      model.failure = std::move(one.failure);
      continue;
    }
    if (validation_)
      model.best.offer(model.iterations(), one.losses.validation.total, one.state.parameters);
    model.state = std::move(one.state);
    model.history.push_back(std::move(one.losses));
    any = true;
  }
  return any;
}

void FitLoop::test_best_weights() {
  test_at_best_.assign(models_.size(), no_loss);
  if (!plans_.test) return;
  const auto backend = plans_.test.make_backend(backend_options_);
  for (std::size_t m = 0; m < models_.size(); ++m)
    if (models_[m].end != FitEnd::not_finite)
      test_at_best_[m] = plan_loss(*backend, plans_.test, models_[m].parameters()).sum;
}

FitFailure FitLoop::failure(const ProgramResult& result, int iteration) const {
  const auto region = plans_.training.region(order_[result.steps]);
  return {term_not_finite(result.failed), fmt::format("at step {} of iteration {} ({})",
                                                      result.steps + 1, iteration, name(region))};
}

FitFailure FitLoop::failure(const char* set, const FitSet& plan, const PlanLoss& loss,
                            int iteration) const {
  return {fmt::format("{} of the {} set", term_not_finite(loss.sum), set),
          fmt::format("after the last step of iteration {} ({})", iteration,
                      name(first_region_not_finite(plan, loss)))};
}

std::string FitLoop::name(std::int32_t region) const {
  if (region < 0) return "all regions";
  return "region " + plans_.region_names[static_cast<std::size_t>(region)];
}

}  // namespace nnpoisson
