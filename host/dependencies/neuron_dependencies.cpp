#include "nnpoisson/neuron_dependencies.hpp"

#include <cmath>
#include <numeric>
#include <utility>

#include "dependencies/neuron_information.hpp"
#include "dependencies/order_by.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/trial_mean.hpp"

namespace nnpoisson {
namespace {

/// The mean of a number that each model has, and its standard error over models.
DependencyMean over_models(const std::vector<double>& values) {
  const auto M = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / M;
  for (const double v : values) squares += (v - mean) * (v - mean);
  DependencyMean result;
  result.mean = mean;
  result.model_error = std::sqrt(squares / (M - 1) / M);
  return result;
}

/// Means over trials of what each model says of them.
class InformationMeans {
 public:
  explicit InformationMeans(std::vector<std::vector<TrialInformation>> models)
      : models_(std::move(models)) {}

  /// `value(a trial's information)`.
  template <class Value>
  [[nodiscard]] DependencyMean mean(const std::vector<std::size_t>& trials,
                                    const Value& value) const {
    std::vector<double> of_trial(trials.size()), of_model;
    for (const auto& model : models_) {
      std::vector<double> values;
      for (const auto n : trials) values.push_back(value(model[n]));
      of_model.push_back(trial_mean(values).value);
      for (std::size_t i = 0; i < values.size(); ++i)
        of_trial[i] += values[i] / static_cast<double>(models_.size());
    }
    DependencyMean result = over_models(of_model);
    result.trial_error = trial_mean(of_trial).error;
    return result;
  }

  /// Of entry `at` of two rows of a trial's information.
  [[nodiscard]] SpikeInformation information(const std::vector<std::size_t>& trials,
                                             std::vector<double> TrialInformation::*lost,
                                             std::vector<double> TrialInformation::*alone,
                                             std::size_t at) const {
    return {trials.size(), mean(trials, [&](const TrialInformation& i) { return (i.*lost)[at]; }),
            mean(trials, [&](const TrialInformation& i) { return (i.*alone)[at]; })};
  }

 private:
  std::vector<std::vector<TrialInformation>> models_;  // [M][T]
};

/// Loadings of the dataset's units, [M][U].
std::vector<std::vector<double>> loadings_of(std::span<const Model> models, const Dataset& data) {
  std::vector<std::vector<double>> all;
  for (const auto& model : models) {
    const NeuronGains gains(model);
    all.emplace_back();
    for (const auto i : model_units(model, data)) all.back().push_back(gains.loading(i));
  }
  return all;
}

/// The mean of some units' loadings.
DependencyMean mean_loading(const std::vector<std::vector<double>>& loadings,
                            const std::vector<std::size_t>& units) {
  std::vector<double> means;
  for (const auto& of_model : loadings) {
    double sum = 0;
    for (const auto u : units) sum += of_model[u];
    means.push_back(sum / static_cast<double>(units.size()));
  }
  return over_models(means);
}

template <class Thing>
std::vector<std::size_t> by_information(const std::vector<Thing>& things) {
  std::vector<double> alone;
  for (const auto& thing : things) alone.push_back(thing.information.alone.mean);
  return order_by(alone, Order::descending);
}

/// Fills the regions of the dataset and then its units.
class DependencyFiller {
 public:
  DependencyFiller(std::span<const Model> models, const Dataset& data,
                   const InformationMeans& means, NeuronDependencies& out)
      : data_(data),
        means_(means),
        loadings_(loadings_of(models, data)),
        trials_(trials_by_session(data)),
        out_(out) {}

  void add_region(std::size_t g) {
    std::vector<std::size_t> units, trials;
    std::vector<bool> in_session(data_.sessions());
    for (std::size_t u = 0; u < data_.units(); ++u) {
      if (static_cast<std::size_t>(data_.unit.region[u]) != g) continue;
      units.push_back(u);
      in_session[static_cast<std::size_t>(data_.unit.session[u])] = true;
    }
    for (std::size_t n = 0; n < data_.trials(); ++n)
      if (in_session[static_cast<std::size_t>(data_.trial.session[n])]) trials.push_back(n);
    out_.regions.push_back({data_.region_names[g], units.size(), mean_loading(loadings_, units),
                            means_.information(trials, &TrialInformation::region_lost,
                                               &TrialInformation::region_alone, g)});
  }

  /// Unit u, which is number `place` of its session.
  void add_unit(std::size_t u, std::size_t place) {
    const auto session = static_cast<std::size_t>(data_.unit.session[u]);
    out_.units.push_back({data_.session_names[session], data_.unit.id[u],
                          static_cast<std::size_t>(data_.unit.region[u]),
                          mean_loading(loadings_, {u}),
                          means_.information(trials_[session], &TrialInformation::unit_lost,
                                             &TrialInformation::unit_alone, place)});
  }

 private:
  const Dataset& data_;
  const InformationMeans& means_;
  std::vector<std::vector<double>> loadings_;
  std::vector<std::vector<std::size_t>> trials_;  // by session
  NeuronDependencies& out_;
};

}  // namespace

NeuronDependencies neuron_dependencies(std::span<const Model> models, const Dataset& data,
                                       const DependencyOptions& options, const Watch& watch) {
  if (models.empty()) throw UsageError("dependencies: needs a model");
  bool read_regions = true;
  for (const Model& model : models) {
    if (model.preset != Preset::neurons)
      throw UsageError(model.source + ": is of preset " + to_string(model.preset) +
                       "; it cannot be averaged with models by neuron (preset neurons)");
    read_regions = read_regions && model.neuron_shape.heads == HeadKind::regions;
  }

  ProgressCounter progress(watch);
  progress.begin("dependencies: trials", models.size() * data.trials());
  std::vector<std::vector<TrialInformation>> information;
  for (const auto& model : models)
    information.push_back(trial_information(model, data, options.threads, progress));
  const InformationMeans means(std::move(information));

  NeuronDependencies out;
  out.models = models.size();
  out.trials = data.trials();
  std::vector<std::size_t> everything(data.trials());
  std::iota(everything.begin(), everything.end(), std::size_t{0});
  out.total = means.mean(everything, [](const TrialInformation& i) { return i.total; });

  DependencyFiller filler(models, data, means, out);
  for (std::size_t g = 0; g < data.regions(); ++g) filler.add_region(g);
  std::vector<std::size_t> seen(data.sessions());
  for (std::size_t u = 0; u < data.units(); ++u)
    filler.add_unit(u, seen[static_cast<std::size_t>(data.unit.session[u])]++);
  out.regions_by_information = by_information(out.regions);
  out.units_by_information = by_information(out.units);

  if (read_regions) out.drive = dependencies(models, data, options, watch);
  return out;
}

}  // namespace nnpoisson
