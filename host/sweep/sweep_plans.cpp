#include "sweep/sweep_plans.hpp"

#include <algorithm>

#include "devices/point_merger.hpp"
#include "fit/fit_problem.hpp"
#include "fit/unfitted_model.hpp"
#include "nnpoisson/folds.hpp"
#include "train/fingerprint.hpp"

namespace nnpoisson {
namespace {

/// What of the settings a plan depends on.
std::string planning(const Settings& settings) {
  Settings kept;
  kept.preset = settings.preset;
  kept.seed = settings.seed;
  kept.train.batches = settings.train.batches;
  kept.train.behaviour_weight = settings.train.behaviour_weight;
  kept.train.time_resolution = settings.train.time_resolution;
  kept.train.neural_time = settings.train.neural_time;
  return to_toml(kept);
}

}  // namespace

SweepPlans::SweepPlans(const SweepRequest& request, std::size_t plans)
    : request_(request),
      base_(request.settings),
      training_(read_dataset(request.train)),
      merger_(make_point_merger(request.backend)),
      most_plans_(plans) {
  if (request.test) test_ = read_dataset(*request.test);
  const Model model = unfitted_model(base_, training_);
  if (test_) require_fitting(*test_, model);
  Fingerprint print;
  print.add(training_);
  if (test_) print.add(*test_);
  fingerprint_ = print.sum();
  const auto folds = static_cast<std::size_t>(request.folds);
  const auto fold = trial_folds(training_, request.folds, base_.seed);
  inside_.resize(folds);
  outside_.resize(folds);
  for (std::size_t n = 0; n < fold.size(); ++n)
    for (std::size_t f = 0; f < folds; ++f)
      (f == static_cast<std::size_t>(fold[n]) ? inside_ : outside_)[f].push_back(
          static_cast<std::int32_t>(n));
}

template <class Make>
SweepPlans::SharedPlan SweepPlans::plan(const std::string& name, const Make& make) {
  std::promise<SharedPlan> promise;
  std::shared_future<SharedPlan> future;
  bool ours = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(plans_.begin(), plans_.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    ours = found == plans_.end();
    future = ours ? promise.get_future().share() : found->second;
    if (!ours) plans_.erase(found);
    plans_.emplace_front(name, future);
    if (plans_.size() > most_plans_) plans_.pop_back();
  }
  if (ours) {
    try {
      promise.set_value(std::make_shared<const Plan>(make()));
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  }
  return future.get();
}

// What the training trials fix of a model by neuron is part of its plans, so each fit has its own.
FitPlans SweepPlans::neuron_plans(const Settings& settings, const Settings& held_out,
                                  std::size_t fold) const {
  const Dataset training = select_trials(training_, outside_[fold]),
                validation = select_trials(training_, inside_[fold]);
  const FitProblem::Given given{.validation = &validation, .backend = {.threads = 1}};
  FitProblem trained(training, settings, given), measured(training, held_out, given);
  if (test_) measured.add_test(*test_);

  FitPlans plans = trained.plans();
  plans.validation = measured.plans().validation;
  plans.test = measured.plans().test;
  return plans;
}

FitPlans SweepPlans::plans_of(const Grid::Configuration& configuration, int fold) {
  const Settings& settings = configuration.settings;
  // Held-out losses are measured alike for all configurations, whatever a grid does to the loss
  // that is trained.
  Settings held_out = settings;
  held_out.train.behaviour_weight = base_.train.behaviour_weight;
  held_out.train.time_resolution = base_.train.time_resolution;
  held_out.train.batches = 1;

  const auto number = static_cast<std::size_t>(fold);
  if (settings.preset == Preset::neurons) return neuron_plans(settings, held_out, number);
  const bool authors = settings.preset == Preset::authors;
  const auto make = [&](const Dataset& data, const Settings& with, Grouping grouping,
                        std::span<const std::int32_t> trials) {
    return make_plan(data, plan_options(with, grouping, with.train.batches, 1), trials, *merger_);
  };
  const std::string fold_name = " fold " + std::to_string(fold);

  const NetworkShape shape = network_shape(settings, training_);
  FitPlans plans{.preset = settings.preset,
                 .episodes = settings.train.episodes,
                 .region_names = training_.region_names};
  plans.start = [shape](std::uint64_t seed) { return initial_parameters(shape, seed); };
  plans.training = {shape, plan("training" + fold_name + planning(settings), [&] {
                      return make(training_, settings,
                                  authors ? Grouping::authors : Grouping::joint, outside_[number]);
                    })};
  plans.validation = {shape, plan("validation" + fold_name + planning(held_out), [&] {
                        return make(training_, held_out,
                                    authors ? Grouping::by_region : Grouping::joint,
                                    inside_[number]);
                      })};
  if (test_)
    plans.test = {shape, plan("test" + planning(held_out),
                              [&] { return make(*test_, held_out, Grouping::by_region, {}); })};
  return plans;
}

}  // namespace nnpoisson
