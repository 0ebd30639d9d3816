#include "fit/fit_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "devices/point_merger.hpp"
#include "fit/losses.hpp"
#include "fit/neuron_schedule.hpp"
#include "fit/unfitted_model.hpp"

namespace nnpoisson {
namespace {

// Enough that the error of time_resolution is seen to two digits.
constexpr std::size_t sampled_spikes = 500000;

/// About `spikes` spikes' worth of trials, spread over the recording.
Dataset sample_of(const Dataset& data, std::span<const std::int32_t> trials, std::size_t spikes) {
  const std::size_t all = std::max<std::size_t>(1, data.spike.time.size());
  const std::size_t stride = std::max<std::size_t>(1, all / spikes);
  std::vector<std::int32_t> chosen;
  for (std::size_t i = 0; i < trials.size(); i += stride) chosen.push_back(trials[i]);
  return select_trials(data, chosen);
}

}  // namespace

FitProblem::FitProblem(const Dataset& training, const Settings& settings, const Given& given)
    : merger_(make_point_merger(given.backend)),
      threads_(given.backend.threads),
      settings_(settings) {
  check(settings_);
  model_ = unfitted_model(settings_, training);
  if (given.initial != nullptr) start_from(*given.initial);
  if (given.validation != nullptr) require_fitting(*given.validation, model_);

  plans_.preset = settings_.preset;
  plans_.episodes = settings_.train.episodes;
  plans_.region_names = training.region_names;
  plan_training(training, given.validation);
}

void FitProblem::start_from(const Model& initial) {
  require_fitting(initial, model_);
  initial_ = initial.parameters;
  if (settings_.preset == Preset::neurons) return;
  model_.shape = initial.shape;

  const NetworkShape& shape = initial.shape;
  const Settings::ModelSettings asked = settings_.model;
  auto& widths = settings_.model;
  widths.stimulus_widths = shape.stimulus_widths;
  widths.time_width = shape.time_width;
  widths.hidden_width = shape.hidden_width;
  widths.behaviour_width = shape.behaviour_width;
  widths.stimulus_bypass = shape.stimulus_bypass;
  if (asked == widths) return;
  notes_.push_back(fmt::format(
      "widths {} {} {} {} {}{} taken from {}", widths.stimulus_widths[0], widths.stimulus_widths[1],
      widths.time_width, widths.hidden_width, widths.behaviour_width,
      widths.stimulus_bypass ? " and the stimulus bypass" : "", initial.source));
}

void FitProblem::plan_training(const Dataset& training, const Dataset* validation) {
  const auto& train = settings_.train;
  TrialSplit split =
      split_trials(training, validation != nullptr ? 0 : train.validation, settings_.seed);
  if (split.train.empty()) std::swap(split.train, split.test);
  if (validation == nullptr && train.validation > 0 && split.test.empty())
    notes_.emplace_back("too few trials to hold any out: no validation, no early stopping");

  if (settings_.preset == Preset::neurons)
    plan_neurons(training, split.train);
  else
    plans_.start = [shape = model_.shape](std::uint64_t seed) {
      return nnpoisson::initial_parameters(shape, seed);
    };

  const bool authors = settings_.preset == Preset::authors;
  const double resolution = train.time_resolution;
  plans_.training = plan(training, authors ? Grouping::authors : Grouping::joint, train.batches,
                         resolution, split.train, train.shrinkage);
  if (settings_.preset == Preset::neurons)
    plans_.schedule = neuron_schedule(neurons_, plans_.training.neurons());
  if (validation != nullptr)
    plans_.validation = plan(*validation, Grouping::joint, 1, resolution);
  else if (!split.test.empty())
    plans_.validation = plan(training, Grouping::joint, 1, resolution, split.test);
  if (resolution > 0 && !training.binned())
    sample_ = sample_of(training, split.train, sampled_spikes);

  description_.push_back(fmt::format(
      "training: {} trials ({} held out for validation), {} spikes, {} distinct stimuli, {} points "
      "in {} batches",
      split.train.size(), validation != nullptr ? validation->trials() : split.test.size(),
      plans_.training.spikes(), plans_.training.stimuli(), plans_.training.points(),
      plans_.training.batches()));
}

void FitProblem::add_test(const Dataset& test) {
  require_fitting(test, model_);
  plans_.test = plan(test, Grouping::by_region, 1, settings_.train.time_resolution);
  description_.push_back(
      fmt::format("test: {} trials, {} spikes", test.trials(), plans_.test.spikes()));
}

FitSet FitProblem::plan(const Dataset& data, Grouping grouping, int batches, double time_resolution,
                        std::span<const std::int32_t> trials, double shrinkage) const {
  auto options = plan_options(settings_, grouping, batches, threads_);
  options.time_resolution = time_resolution;
  if (settings_.preset != Preset::neurons)
    return {model_.shape, std::make_shared<const Plan>(make_plan(data, options, trials, *merger_))};

  const NeuronPlanOptions by_neuron{.parts = batches,
                                    .behaviour_weight = options.behaviour_weight,
                                    .shrinkage = shrinkage,
                                    .time_resolution = time_resolution,
                                    .seed = options.seed,
                                    .threads = options.threads};
  return {neurons_, std::make_shared<const NeuronPlan>(
                        make_neuron_plan(data, model_.neuron_constants, by_neuron, trials))};
}

void FitProblem::plan_neurons(const Dataset& training, std::span<const std::int32_t> trials) {
  const auto& asked = settings_.model;
  NeuronData data = neuron_data(training,
                                {.width = asked.features,
                                 .nodes = asked.nodes,
                                 .rank = asked.rank,
                                 .heads = asked.heads,
                                 .behaviour_width = asked.behaviour_width,
                                 .shared_gain = asked.shared_gain,
                                 .private_gain = asked.private_gain,
                                 .drift = asked.drift},
                                trials);
  model_.neuron_shape = data.shape;
  model_.neuron_constants = data.constants;
  const auto start = [shape = data.shape, constants = data.constants](std::uint64_t seed) {
    return neuron_start(shape, constants, seed);
  };
  const auto centre = penalty_centre(NeuronLayout(data.shape), start(settings_.seed));
  neurons_ = std::make_shared<const NeuronProblem>(
      NeuronProblem{std::move(data.shape),
                    std::move(data.constants),
                    centre,
                    {settings_.train.intensity_shrinkage, settings_.train.behaviour_shrinkage}});
  plans_.start = start;
}

FitMember FitProblem::member() const {
  const auto& train = settings_.train;
  return {settings_.seed, train.learning_rate, train.iterations, train.patience};
}

Model FitProblem::model(const std::vector<double>& parameters) const {
  Model model = model_;
  model.parameters = parameters;
  return model;
}

std::string FitProblem::planner() const {
  return merger_->description();
}

double FitProblem::resolution_error(const std::vector<double>& parameters,
                                    const BackendOptions& backend) const {
  if (sample_.trials() == 0) return 0;
  BackendOptions in_double = backend;
  in_double.precision = Precision::double_precision;
  // By neuron, batches keep what a pass needs at once small.
  const int batches = settings_.preset == Preset::neurons ? settings_.train.batches : 1;
  const auto loss_at = [&](double time_resolution) {
    const auto plan_of_sample = plan(sample_, Grouping::by_region, batches, time_resolution);
    return plan_loss(*plan_of_sample.make_backend(in_double), plan_of_sample, parameters).sum.total;
  };
  return std::abs(loss_at(settings_.train.time_resolution) / loss_at(0) - 1);
}

}  // namespace nnpoisson
