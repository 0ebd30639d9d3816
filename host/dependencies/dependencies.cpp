#include "nnpoisson/dependencies.hpp"

#include <cmath>

#include "curves/matched_trials.hpp"
#include "dependencies/measures.hpp"
#include "dependencies/order_by.hpp"
#include "dependencies/region_drive.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double> DependencyMeasures::*;
constexpr Numbers all_numbers[] = {
    &DependencyMeasures::hazard,          &DependencyMeasures::contribution,
    &DependencyMeasures::drive,           &DependencyMeasures::share,
    &DependencyMeasures::stimulus_share,  &DependencyMeasures::left,
    &DependencyMeasures::median_time,     &DependencyMeasures::lesioned_left,
    &DependencyMeasures::lesioned_median, &DependencyMeasures::choice_change,
    &DependencyMeasures::median_change,   &DependencyMeasures::intensity,
    &DependencyMeasures::sensitivity,     &DependencyMeasures::onset};

void summarise(Dependencies& out, const std::vector<DependencyMeasures>& models) {
  const auto M = static_cast<double>(models.size());
  for (const auto numbers : all_numbers) {
    const std::size_t size = (models[0].*numbers).size();
    auto &mean = out.mean.*numbers, &error = out.standard_error.*numbers;
    mean.assign(size, 0);
    error.assign(size, 0);
    for (const auto& model : models)
      for (std::size_t i = 0; i < size; ++i) mean[i] += (model.*numbers)[i] / M;
    for (const auto& model : models)
      for (std::size_t i = 0; i < size; ++i) error[i] += std::pow((model.*numbers)[i] - mean[i], 2);
    for (double& e : error) e = std::sqrt(e / (M - 1) / M);
  }
}

void require_alike(std::span<const Model> models) {
  if (models.empty()) throw UsageError("dependencies: needs a model");
  for (std::size_t m = 1; m < models.size(); ++m) {
    const auto refuse = [&](const std::string& what) {
      throw DataError(models[m].source + ": " + what + " are not those of " + models[0].source +
                      "; only fits of one recording can be averaged");
    };
    if (models[m].region_names != models[0].region_names) refuse("its regions");
    if (models[m].stimulus_names != models[0].stimulus_names) refuse("its stimulus features");
  }
}

}  // namespace

const char* to_string(Lesion lesion) {
  return lesion == Lesion::stimulus ? "stimulus" : "constant";
}

Dependencies dependencies(std::span<const Model> models, const Dataset& data,
                          const DependencyOptions& options, const Watch& watch) {
  for (const Model& model : models) require_region_heads(model);
  require_alike(models);
  if (options.steps < 1) throw UsageError("steps: at least 1 is needed");

  Dependencies out;
  out.region_names = models[0].region_names;
  out.stimulus_names = models[0].stimulus_names;
  out.lesion = options.lesion;
  out.models = models.size();
  for (int k = 0; k <= options.steps; ++k)
    out.times.push_back(models[0].time_limit * k / options.steps);
  for (const auto& [stimulus, trials] : MatchedTrials(models[0], data).by_stimulus()) {
    out.stimuli.push_back(stimulus);
    out.trials.push_back(trials.size());
  }

  // Every model must fit the dataset; alike, they all see the same stimuli.
  for (const auto& model : models.subspan(1)) static_cast<void>(MatchedTrials(model, data));
  ProgressCounter progress(watch);
  progress.begin("dependencies: stimuli, intact and lesioned",
                 models.size() * 2 * out.stimuli.size());
  std::vector<DependencyMeasures> measured;
  for (const auto& model : models)
    measured.push_back(measure(model, out, options.threads, progress));
  summarise(out, measured);

  const std::size_t G = out.region_names.size();
  out.by_onset = order_by(out.mean.onset, Order::ascending);
  for (const std::size_t a : {0U, 1U})
    out.by_influence[a] = order_by(std::span(out.mean.share).subspan(a * G, G), Order::descending);
  return out;
}

}  // namespace nnpoisson
