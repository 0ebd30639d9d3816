#include "train/problem.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "engine/point_merger.hpp"
#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "train/fingerprint.hpp"
#include "train/planning.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t sampled_spikes =
    500000;  // enough that the error of time_resolution is seen to two digits

/// About `spikes` spikes' worth of trials, spread over the recording.
Dataset sample_of(const Dataset& data, std::span<const std::int32_t> trials, std::size_t spikes) {
  const std::size_t all = std::max<std::size_t>(1, data.spike.time.size());
  const std::size_t stride = std::max<std::size_t>(1, all / spikes);
  std::vector<std::int32_t> chosen;
  for (std::size_t i = 0; i < trials.size(); i += stride) chosen.push_back(trials[i]);
  return select_trials(data, chosen);
}

}  // namespace

std::vector<BatchLoss> sums_of_losses(Backend& backend, const Plan& plan, int models,
                                      std::span<const double> parameters,
                                      std::vector<double>* regions) {
  std::vector<std::uint32_t> batches(plan.batches.size());
  std::iota(batches.begin(), batches.end(), 0U);
  const auto count = static_cast<std::size_t>(models);
  std::vector<BatchLoss> losses(batches.size() * count), sums(count);
  backend.evaluate(batches, models, parameters, losses, {});
  for (std::size_t i = 0; i < losses.size(); ++i) {
    auto& sum = sums[i % count];
    sum = {sum.neural + losses[i].neural, sum.left + losses[i].left, sum.right + losses[i].right,
           sum.total + losses[i].total};
    if (regions != nullptr && i % count == 0 && plan.batches[i / count].region >= 0)
      regions->push_back(losses[i].neural);
  }
  return sums;
}

BatchLoss sum_of_losses(Backend& backend, const Plan& plan, std::span<const double> parameters,
                        std::vector<double>* regions) {
  return sums_of_losses(backend, plan, 1, parameters, regions)[0];
}

Problem::Problem(const TrainRequest& request,
                 const std::function<void(const std::string&)>& message)
    : request_(request), merger_(make_point_merger(request.backend)), settings_(request.settings) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  check(settings_);
  Dataset data = read_dataset(request.train);
  const double reading = seconds();
  const bool authors = settings_.preset == Preset::authors;
  Fingerprint print;
  print.add(data);
  model_ = unfitted_model(settings_, data, request.train);
  shape_ = model_.shape;
  for (const auto g : alphabetical_regions(data))
    regions_.push_back(data.region_names[static_cast<std::size_t>(g)]);
  take_init(message);
  model_.shape = shape_;

  TrialSplit split = split_trials(data, settings_.train.validation, settings_.seed);
  if (split.train.empty()) std::swap(split.train, split.test);
  if (settings_.train.validation > 0 && split.test.empty())
    message("too few trials to hold any out: no validation, no early stopping");
  const double d = settings_.train.time_resolution;
  training_ = std::make_shared<const Plan>(make_plan(
      data, options(authors ? Grouping::authors : Grouping::joint, settings_.train.batches, d),
      split.train, *merger_));
  if (!split.test.empty())
    validation_ = std::make_shared<const Plan>(
        make_plan(data, options(Grouping::joint, 1, d), split.test, *merger_));
  if (d > 0 && !data.binned()) sample_ = sample_of(data, split.train, sampled_spikes);
  description_.push_back(
      fmt::format("training: {} trials ({} held out for validation), {} spikes, {} distinct "
                  "stimuli, {} points in {} batches",
                  split.train.size(), split.test.size(), training_->spikes,
                  training_->stimulus_count(), training_->time.size(), training_->batches.size()));
  data = {};
  if (request.test) {
    const Dataset test = read_dataset(*request.test);
    require_fitting(*request.test, test, model_);
    print.add(test);
    test_ = std::make_shared<const Plan>(
        make_plan(test, options(Grouping::by_region, 1, d), {}, *merger_));
    description_.push_back(fmt::format("test: {} trials, {} spikes", test.trials(), test_->spikes));
  }
  fingerprint_ = print.sum();
  message(fmt::format("read in {:.2f} s, planned in {:.2f} s {}", reading, seconds() - reading,
                      merger_->description()));
}

PlanOptions Problem::options(Grouping grouping, int parts, double time_resolution) const {
  auto made = plan_options(settings_, grouping, parts, request_.backend.threads);
  made.time_resolution = time_resolution;
  return made;
}

void Problem::take_init(const std::function<void(const std::string&)>& message) {
  if (!request_.init) {
    first_parameters_ = initial_parameters(shape_, settings_.seed);
    return;
  }
  const std::string file = request_.init->string();
  if (Hdf5Reader(*request_.init).exists("nnpoisson")) {
    const Model model = read_model(*request_.init);
    require_fitting(*request_.init, model, model_);
    first_parameters_ = model.parameters;
    shape_ = model.shape;
  } else {
    if (by_unit())
      throw UsageError(
          file + ": Keras weights do not tell units; start a readout by unit from a model.h5");
    auto weights = read_keras_weights(*request_.init);
    weights.shape.stimulus_bypass = weights.shape.stimulus_bypass || shape_.stimulus_bypass;
    if (weights.shape.features != shape_.features)
      throw DataError(fmt::format(
          "{}: neuro0/kernel: has {} inputs, where the training set has {} stimulus features", file,
          weights.shape.features, shape_.features));
    if (weights.shape.regions != shape_.regions)
      throw DataError(
          fmt::format("{}: neuro6/kernel: has {} outputs, where the training set has {} regions",
                      file, weights.shape.regions, shape_.regions));
    first_parameters_ = std::move(weights.parameters);
    shape_ = weights.shape;
  }
  auto& m = settings_.model;
  const Settings::ModelSettings asked = m;
  m.stimulus_widths = shape_.stimulus_widths;
  m.time_width = shape_.time_width;
  m.hidden_width = shape_.hidden_width;
  m.behaviour_width = shape_.behaviour_width;
  m.stimulus_bypass = shape_.stimulus_bypass;
  if (asked.stimulus_widths != m.stimulus_widths || asked.time_width != m.time_width ||
      asked.hidden_width != m.hidden_width || asked.behaviour_width != m.behaviour_width ||
      asked.stimulus_bypass != m.stimulus_bypass)
    message(fmt::format("widths {} {} {} {} {}{} taken from {}", m.stimulus_widths[0],
                        m.stimulus_widths[1], m.time_width, m.hidden_width, m.behaviour_width,
                        m.stimulus_bypass ? " and the stimulus bypass" : "", file));
}

std::string Problem::config() const {
  std::string text =
      "# nnpoisson train --config config.toml repeats this fit with the same --train, --test and "
      "--init\n";
  text += "# train: " + request_.train.string() + "\n";
  if (request_.test) text += "# test: " + request_.test->string() + "\n";
  if (request_.init) text += "# init: " + request_.init->string() + "\n";
  return text + to_toml(settings_);
}

std::vector<std::string> Problem::description() const {
  return description_;
}

Model Problem::model(const std::vector<double>& parameters) const {
  Model model = model_;
  model.parameters = parameters;
  return model;
}

double Problem::resolution_error(const std::vector<double>& parameters,
                                 const BackendOptions& backend) const {
  if (sample_.trials() == 0) return 0;
  double total[2];
  for (int k = 0; k < 2; ++k) {
    const auto plan = std::make_shared<const Plan>(make_plan(
        sample_, options(Grouping::by_region, 1, k == 0 ? settings_.train.time_resolution : 0), {},
        *merger_));
    BackendOptions in_double = backend;
    in_double.precision = Precision::double_precision;
    const auto evaluator = make_backend(in_double, shape_, plan);
    total[k] = sum_of_losses(*evaluator, *plan, parameters).total;
  }
  return std::abs(total[0] / total[1] - 1);
}

}  // namespace nnpoisson
