#include "evaluate/neurons/neuron_baselines.hpp"

#include <array>
#include <numeric>
#include <string>
#include <utility>

#include "baselines/count_logistic.hpp"
#include "baselines/spike_baselines.hpp"
#include "baselines/spike_means.hpp"

namespace nnpoisson {
namespace {

constexpr std::array<double, 3> glm_ridges{1, 10, 100};

double cross_validated(const BaselineTrials& training, std::size_t columns, const TimeGrid& grid,
                       double ridge, const EvaluationOptions& options, Workers& workers) {
  const TrainingSets folds = cross_validate(training, options.folds, options.seed);
  const ColumnTotals totals(folds, columns, grid);
  const auto model = glm_baseline(fit_glm(totals, options.bases, ridge, workers, added_events),
                                  folds, training, grid);
  const SpikeMeans means = spike_means(*model, training, "GLM by unit: held-out trials", workers);
  return std::accumulate(means.points.begin(), means.points.end(), 0.0) -
         std::accumulate(means.totals.begin(), means.totals.end(), 0.0);
}

/// Of a trial without gains: one node.
SpikeParts parts_without_gains(const Dataset& data, const SpikeMeans& means, std::size_t n) {
  SpikeParts parts{{0}, {}};
  for (std::size_t u = 0; u < data.units(); ++u)
    if (data.unit.session[u] == data.trial.session[n])
      parts.of_unit.push_back(means.points[n * data.units() + u] -
                              means.totals[n * data.units() + u]);
  return parts;
}

NeuronBaselineScore baseline_score(std::string name, double ridge, const Dataset& data,
                                   const SpikeLikelihoods& baseline, const SpikeLikelihoods& model,
                                   const ConstantLikelihoods& constant) {
  const auto spikes = over_units(data, constant.spikes),
             null = over_units(data, constant.log_likelihood);
  NeuronBaselineScore score{std::move(name),
                            ridge,
                            bits_over(baseline.all, null, spikes),
                            bits_over(model.all, baseline.all, spikes),
                            {},
                            {},
                            baseline.all};
  const auto region_spikes = over_regions(data, constant.spikes),
             region_null = over_regions(data, constant.log_likelihood);
  const std::size_t G = data.regions();
  for (std::size_t g = 0; g < G; ++g) {
    const auto own = column_of(baseline.region, G, g), count = column_of(region_spikes, G, g);
    score.region_bits.push_back(bits_over(own, column_of(region_null, G, g), count));
    score.region_model_over.push_back(bits_over(column_of(model.region, G, g), own, count));
  }
  return score;
}

}  // namespace

void evaluate_neuron_baselines(const Model& model, const BaselineTrials& own,
                               const TrainingSets& sets, const SpikeLikelihoods& likelihoods,
                               const ConstantLikelihoods& constant,
                               const EvaluationOptions& options, NeuronEvaluation& evaluation,
                               Workers& workers) {
  const Dataset &data = *own.data, &training = *sets.trials.data;
  const std::size_t columns = model.units.id.size();
  const TimeGrid grid = time_grid(data, options.bins);
  double ridge = options.glm_ridge;
  if (training.trials() >= options.folds) {
    for (const double tried : glm_ridges)
      evaluation.glm_ridges.push_back(
          {tried, cross_validated(sets.trials, columns, grid, tried, options, workers)});
    ridge = best_ridge(evaluation.glm_ridges);
  }

  const ColumnTotals totals(sets, columns, grid);
  const GlmFit fit = fit_glm(totals, options.bases, ridge, workers, added_events);
  const SpikeMeans means =
      spike_means(*glm_baseline(fit, sets, own, grid), own, "GLM by unit: trials", workers);
  const auto add = [&](const char* name, const auto& parts) {
    const auto judged =
        spike_likelihoods(data, parts, std::string(name) + ": spikes of trials", workers);
    evaluation.baselines.push_back(
        baseline_score(name, ridge, data, judged, likelihoods, constant));
  };
  add("glm", [&](std::size_t n) { return parts_without_gains(data, means, n); });
}

}  // namespace nnpoisson
