#include "train/problem.hpp"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

#include "nnpoisson/error.hpp"
#include "nnpoisson/summary.hpp"
#include "plan/points.hpp"
#include "storage/fnv.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t sampled_spikes = 500000;  // enough that the error of time_resolution is seen to two digits

/// Tells one dataset from another.
class Fingerprint {
 public:
  template <class T>
  void add(const std::vector<T>& values) {
    for (const T value : values) {
      if constexpr (std::is_floating_point_v<T>)
        numbers_.add(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
      else
        numbers_.add(static_cast<std::uint64_t>(value));
    }
  }
  void add(const std::string& text) {
    for (const char c : text) numbers_.add(static_cast<unsigned char>(c));
  }
  void add(const Dataset& d) {
    for (const auto* names : {&d.session_names, &d.region_names, &d.stimulus_names})
      for (const auto& name : *names) add(name), add(std::string(1, '\0'));
    add(std::vector<double>{d.time_limit, d.bin_width});
    add(d.trial.session), add(d.trial.stimulus), add(d.trial.response_time), add(d.trial.choice), add(d.trial.observed_until);
    add(d.unit.session), add(d.unit.region), add(d.spike.offset), add(d.spike.time), add(d.spike.unit);
    add(d.count.offset), add(d.count.bin), add(d.count.unit), add(d.count.value);
  }
  [[nodiscard]] std::uint64_t sum() const { return numbers_.sum; }

 private:
  Fnv numbers_;
};

void require_same_names(const std::filesystem::path& file, const char* what, const std::vector<std::string>& names,
                        const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < std::max(names.size(), wanted.size()); ++i) {
    const std::string mine = i < names.size() ? names[i] : "nothing", theirs = i < wanted.size() ? wanted[i] : "nothing";
    if (mine != theirs)
      throw DataError(fmt::format("{}: {}/name[{}]: is {}, where the training set has {}", file.string(), what, i, mine, theirs));
  }
}

/// Who the units are, and their rates.
Model::Units units_of(const Dataset& data) {
  Model::Units units;
  const UnitTotals totals = unit_totals(data);
  for (std::size_t u = 0; u < data.units(); ++u) {
    units.session.push_back(data.session_names[static_cast<std::size_t>(data.unit.session[u])]);
    units.id.push_back(data.unit.id[u]);
    units.constant_rate.push_back(totals.exposure[u] > 0 ? totals.events[u] / totals.exposure[u] : 0);
  }
  return units;
}

void require_same_units(const std::filesystem::path& file, const Model::Units& units, const Model::Units& wanted) {
  for (std::size_t u = 0; u < std::max(units.id.size(), wanted.id.size()); ++u) {
    const auto name = [u](const Model::Units& of) {
      return u < of.id.size() ? fmt::format("unit {} of session {}", of.id[u], of.session[u]) : std::string("nothing");
    };
    if (name(units) != name(wanted))
      throw DataError(fmt::format("{}: unit/id[{}]: is {}, where the training set has {}; readout by unit needs the same units in both",
                                  file.string(), u, name(units), name(wanted)));
  }
}

/// About `spikes` spikes' worth of trials, spread over the recording.
Dataset sample_of(const Dataset& data, std::span<const std::int32_t> trials, std::size_t spikes) {
  const std::size_t all = std::max<std::size_t>(1, data.spike.time.size());
  const std::size_t stride = std::max<std::size_t>(1, all / spikes);
  std::vector<std::int32_t> chosen;
  for (std::size_t i = 0; i < trials.size(); i += stride) chosen.push_back(trials[i]);
  return select_trials(data, chosen);
}

}  // namespace

BatchLoss sum_of_losses(Backend& backend, const Plan& plan, const std::vector<double>& parameters, std::vector<double>* regions) {
  std::vector<std::uint32_t> batches(plan.batches.size());
  std::iota(batches.begin(), batches.end(), 0U);
  std::vector<BatchLoss> losses(batches.size());
  backend.evaluate(batches, 1, parameters, losses, {});
  BatchLoss sum;
  for (std::size_t b = 0; b < losses.size(); ++b) {
    sum = {sum.neural + losses[b].neural, sum.left + losses[b].left, sum.right + losses[b].right, sum.total + losses[b].total};
    if (regions != nullptr && plan.batches[b].region >= 0) regions->push_back(losses[b].neural);
  }
  return sum;
}

Problem::Problem(const TrainRequest& request, const std::function<void(const std::string&)>& message)
    : request_(request), points_(make_point_maker(request.backend)), settings_(request.settings) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  check(settings_);
  Dataset data = read_dataset(request.train);
  const double reading = seconds();
  const bool authors = settings_.preset == Preset::authors;
  if (authors && data.binned())
    throw UsageError(request.train.string() +
                     ": attribute bin_width: these are counts in bins, and preset authors needs spike times; use preset exact");
  Fingerprint print;
  print.add(data);

  shape_ = {.features = static_cast<int>(data.features()),
            .stimulus_widths = settings_.model.stimulus_widths,
            .time_width = settings_.model.time_width,
            .hidden_width = settings_.model.hidden_width,
            .behaviour_width = settings_.model.behaviour_width,
            .regions = static_cast<int>(data.regions()),
            .stimulus_bypass = settings_.model.stimulus_bypass,
            .unit_region = by_unit() ? data.unit.region : std::vector<std::int32_t>{}};
  model_.preset = settings_.preset;
  model_.neural_time = settings_.train.neural_time;
  model_.time_limit = data.time_limit;
  model_.region_names = data.region_names;
  model_.stimulus_names = data.stimulus_names;
  for (const auto& region : summarise(data).region) model_.constant_rate.push_back(std::isnan(region.rate) ? 0 : region.rate);
  if (by_unit()) model_.units = units_of(data);
  for (const auto g : alphabetical_regions(data)) regions_.push_back(data.region_names[static_cast<std::size_t>(g)]);
  take_init(message);
  model_.shape = shape_;

  TrialSplit split = split_trials(data, settings_.train.validation, settings_.seed);
  if (split.train.empty()) std::swap(split.train, split.test);
  if (settings_.train.validation > 0 && split.test.empty()) message("too few trials to hold any out: no validation, no early stopping");
  const double d = settings_.train.time_resolution;
  training_ = std::make_shared<const Plan>(
      make_plan(data, options(authors ? Grouping::authors : Grouping::joint, settings_.train.batches, d), split.train));
  if (!split.test.empty()) validation_ = std::make_shared<const Plan>(make_plan(data, options(Grouping::joint, 1, d), split.test));
  if (d > 0 && !data.binned()) sample_ = sample_of(data, split.train, sampled_spikes);
  description_.push_back(fmt::format(
      "training: {} trials ({} held out for validation), {} spikes, {} distinct stimuli, {} points in {} batches", split.train.size(),
      split.test.size(), training_->spikes, training_->stimulus_count(), training_->time.size(), training_->batches.size()));
  data = {};
  if (request.test) {
    const Dataset test = read_dataset(*request.test);
    require_same_names(*request.test, "region", test.region_names, model_.region_names);
    require_same_names(*request.test, "stimulus", test.stimulus_names, model_.stimulus_names);
    if (by_unit()) require_same_units(*request.test, units_of(test), model_.units);
    if (test.time_limit != model_.time_limit)
      throw DataError(fmt::format("{}: time_limit is {} s, where the training set has {} s", request.test->string(), test.time_limit,
                                  model_.time_limit));
    print.add(test);
    test_ = std::make_shared<const Plan>(make_plan(test, options(Grouping::by_region, 1, d)));
    description_.push_back(fmt::format("test: {} trials, {} spikes", test.trials(), test_->spikes));
  }
  fingerprint_ = print.sum();
  message(fmt::format("read in {:.2f} s, planned in {:.2f} s {}", reading, seconds() - reading, points_->description()));
}

PlanOptions Problem::options(Grouping grouping, int parts, double time_resolution) const {
  const int threads =
      request_.backend.threads > 0 ? request_.backend.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return {.preset = settings_.preset,
          .neural_time = settings_.train.neural_time,
          .grouping = grouping,
          .parts = parts,
          .by_unit = by_unit(),
          .behaviour_weight = settings_.train.behaviour_weight,
          .time_resolution = time_resolution,
          .seed = settings_.seed,
          .threads = threads,
          .points = points_};
}

void Problem::take_init(const std::function<void(const std::string&)>& message) {
  if (!request_.init) {
    first_parameters_ = initial_parameters(shape_, settings_.seed);
    return;
  }
  const std::string file = request_.init->string();
  if (Hdf5Reader(*request_.init).exists("nnpoisson")) {
    const Model model = read_model(*request_.init);
    require_same_names(*request_.init, "region", model.region_names, model_.region_names);
    require_same_names(*request_.init, "stimulus", model.stimulus_names, model_.stimulus_names);
    if (model.shape.unit_region.empty() == by_unit())
      throw UsageError(file + ": reads out " + (by_unit() ? "regions" : "units") + ", where model.readout asks for " +
                       (by_unit() ? "units" : "regions"));
    if (by_unit()) require_same_units(*request_.init, model.units, model_.units);
    first_parameters_ = model.parameters;
    shape_ = model.shape;
  } else {
    if (by_unit()) throw UsageError(file + ": Keras weights do not tell units; start a readout by unit from a model.h5");
    auto weights = read_keras_weights(*request_.init);
    weights.shape.stimulus_bypass = weights.shape.stimulus_bypass || shape_.stimulus_bypass;
    if (weights.shape.features != shape_.features)
      throw DataError(fmt::format("{}: neuro0/kernel: has {} inputs, where the training set has {} stimulus features", file,
                                  weights.shape.features, shape_.features));
    if (weights.shape.regions != shape_.regions)
      throw DataError(fmt::format("{}: neuro6/kernel: has {} outputs, where the training set has {} regions", file, weights.shape.regions,
                                  shape_.regions));
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
  if (asked.stimulus_widths != m.stimulus_widths || asked.time_width != m.time_width || asked.hidden_width != m.hidden_width ||
      asked.behaviour_width != m.behaviour_width || asked.stimulus_bypass != m.stimulus_bypass)
    message(fmt::format("widths {} {} {} {} {}{} taken from {}", m.stimulus_widths[0], m.stimulus_widths[1], m.time_width, m.hidden_width,
                        m.behaviour_width, m.stimulus_bypass ? " and the stimulus bypass" : "", file));
}

std::string Problem::config() const {
  std::string text = "# nnpoisson train --config config.toml repeats this fit with the same --train, --test and --init\n";
  text += "# train: " + request_.train.string() + "\n";
  if (request_.test) text += "# test: " + request_.test->string() + "\n";
  if (request_.init) text += "# init: " + request_.init->string() + "\n";
  return text + to_toml(settings_);
}

std::vector<std::string> Problem::description() const { return description_; }

Model Problem::model(const std::vector<double>& parameters) const {
  Model model = model_;
  model.parameters = parameters;
  return model;
}

double Problem::resolution_error(const std::vector<double>& parameters, const BackendOptions& backend) const {
  if (sample_.trials() == 0) return 0;
  double total[2];
  for (int k = 0; k < 2; ++k) {
    const auto plan =
        std::make_shared<const Plan>(make_plan(sample_, options(Grouping::by_region, 1, k == 0 ? settings_.train.time_resolution : 0)));
    BackendOptions in_double = backend;
    in_double.precision = Precision::double_precision;
    const auto evaluator = make_backend(in_double, shape_, plan);
    total[k] = sum_of_losses(*evaluator, *plan, parameters).total;
  }
  return std::abs(total[0] / total[1] - 1);
}

}  // namespace nnpoisson
