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

/// The k-th model.
TrainingState part(const TrainingState& all, std::size_t k) {
  const auto of = [&](const std::vector<double>& numbers) {
    const auto size = static_cast<std::ptrdiff_t>(numbers.size()) / all.models;
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(k) * size;
    return std::vector<double>(first, first + size);
  };
  return {1, all.step, of(all.parameters), of(all.first_moment), of(all.second_moment)};
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
  TrainingState before{};  // what may have to come back; numbers that need not are empty
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
    if (!whole) {
      std::ranges::for_each(trained, [&](Trained& one) { take_back(one); });
      break;
    }

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

TrainingState FitLoop::join(std::span<const std::size_t> members) const {
  TrainingState all{static_cast<int>(members.size()), 0, {}, {}, {}};
  for (const auto m : members) {
    const TrainingState& one = models_[m].state;
    all.step = one.step;
    append(all.parameters, one.parameters);
    append(all.first_moment, one.first_moment);
    append(all.second_moment, one.second_moment);
  }
  return all;
}

/// Before the first step. A model alone that is never measured can fail only in a step, which
/// leaves its state: a large one is not copied.
FitLoop::Trained FitLoop::begin_iteration(std::size_t member) {
  TrainingState& state = models_[member].state;
  Trained one{.member = member};
  one.before.step = state.step;
  if (validation_ || test_ || models_.size() > 1) one.before = state;
  if (!plans_.schedule.begin) return one;
  auto begun = plans_.schedule.begin(models_[member].iterations(), members_[member].iterations,
                                     state.parameters);
  if (begun) one.before.parameters = std::exchange(state.parameters, std::move(*begun));
  return one;
}

void FitLoop::take_back(Trained& one) {
  TrainingState& state = models_[one.member].state;
  state.step = one.before.step;
  for (const auto part :
       {&TrainingState::parameters, &TrainingState::first_moment, &TrainingState::second_moment})
    if (!(one.before.*part).empty()) state.*part = std::move(one.before.*part);
}

bool FitLoop::train(std::span<const std::size_t> members, std::vector<Trained>& trained) {
  std::vector<double> rates;
  std::vector<std::uint32_t> held;
  const FitSchedule& schedule = plans_.schedule;
  for (const auto m : members) {
    const int now = models_[m].iterations(), all = members_[m].iterations;
    held.push_back(schedule.held ? schedule.held(now, all) : 0);
    rates.push_back(members_[m].learning_rate * (schedule.rate ? schedule.rate(now, all) : 1.0));
  }
  const auto each_alone = [&] {
    return std::all_of(members.begin(), members.end(), [&](const std::size_t& m) {
      return train({&m, 1}, trained);
    });
  };
  if (std::ranges::any_of(held, [&](std::uint32_t h) { return h != held[0]; })) return each_alone();

  std::vector<Trained> these;
  for (const auto m : members) these.push_back(begin_iteration(m));
  const bool alone = members.size() == 1;
  TrainingState joined = alone ? TrainingState{} : join(members);
  const auto* stop = options_.observer.stop;
  const auto result = training_->train(alone ? models_[members[0]].state : joined,
                                       {order_, rates, held[0]}, stop != nullptr ? *stop : never);
  if (!result.finite && !alone) {
    std::ranges::for_each(these, [&](Trained& one) { take_back(one); });
    return each_alone();  // shows whose failure it is
  }

  // Where the loss is one of the whole set, a mean over steps is what the other sets' losses
  // compare with.
  const double divisor = plans_.preset == Preset::authors ? 1 : static_cast<double>(order_.size());
  const bool whole = result.steps == order_.size();
  for (std::size_t k = 0; k < members.size(); ++k) {
    const auto m = members[k];
    const auto& sum = result.sums[k];
    if (!result.finite) these[k].failure = failure(result, models_[m].iterations());
    if (whole && !alone) models_[m].state = part(joined, k);
    these[k].losses.train = {sum.neural / divisor, sum.left / divisor, sum.right / divisor,
                             sum.total / divisor};
    trained.push_back(std::move(these[k]));
  }
  return whole || !result.finite;
}

void FitLoop::measure(std::vector<Trained>& trained) const {
  std::vector<Trained*> sound;
  for (auto& one : trained) {
    if (plans_.preset != Preset::neurons)
      one.losses.test_regions.assign(plans_.region_names.size(), missing);
    if (!one.failure) sound.push_back(&one);
  }
  if (sound.empty() || !(validation_ || test_)) return;
  std::vector<double> joined;
  if (sound.size() > 1)
    for (const Trained* one : sound) append(joined, models_[one->member].state.parameters);
  const auto& parameters = joined.empty() ? models_[sound[0]->member].state.parameters : joined;

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
      take_back(one);
      model.end = FitEnd::not_finite;
      model.failure = std::move(one.failure);
      continue;
    }
    if (validation_)
      model.best.offer(model.iterations(), one.losses.validation.total, model.state.parameters);
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
