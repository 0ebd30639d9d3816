#include "evaluate/neurons/neuron_baselines.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "baselines/count_logistic.hpp"
#include "baselines/gain_fit.hpp"
#include "baselines/spike_baselines.hpp"
#include "baselines/spike_means.hpp"
#include "curves/gain_terms.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {
namespace {

constexpr std::array<double, 3> glm_ridges{1, 10, 100};
constexpr double usual_ridge = 10;

double cross_validated(const BaselineTrials& training, std::size_t columns, const TimeGrid& grid,
                       double ridge, const EvaluationOptions& options, Workers& workers) {
  const TrainingSets folds = cross_validate(training, options.folds, options.seed);
  const ColumnTotals totals(folds, columns, grid);
  const auto model = glm_baseline(fit_glm(totals, options.bases, ridge, workers, added_events),
                                  folds, training, grid);
  const SpikeMeans means = spike_means(*model, SessionUnits(*training.data, training.column),
                                       "GLM by unit: held-out trials", workers);
  return std::accumulate(means.points.begin(), means.points.end(), 0.0) -
         std::accumulate(means.totals.begin(), means.totals.end(), 0.0);
}

/// Of a trial without gains: one node.
SpikeParts parts_without_gains(const SessionUnits& units, const SpikeMeans& means, std::size_t n) {
  SpikeParts parts{{0}, {}};
  for (auto cell = units.first_cell(n); cell < units.first_cell(n + 1); ++cell)
    parts.of_unit.push_back(means.points[cell] - means.totals[cell]);
  return parts;
}

/// The data of a session's gains: `means` are those of the training trials.
GainData gain_data(const Model& model, const SessionUnits& units, const SpikeMeans& means,
                   const ConstantLikelihoods& counts, const std::vector<double>& places,
                   const SessionUnits::Session& session) {
  const auto decay = loading_decay(model.neuron_shape);
  GainData gains;
  gains.drift_decay = NeuronLayout(model.neuron_shape)[NeuronTensor::gain_d].decay;
  gains.units = session.unit.size();
  for (const auto u : session.unit) gains.loading_decay.push_back(decay[units.column()[u]]);
  for (const auto n : session.trial) {
    gains.choice.push_back(units.data().trial.choice[n]);
    const auto psi = drift_bumps_at(places[n]);
    gains.bumps.insert(gains.bumps.end(), psi.begin(), psi.end());
    for (const auto u : session.unit) {
      gains.count.push_back(counts.spikes[units.cell(n, u)]);
      gains.total.push_back(means.totals[units.cell(n, u)]);
    }
  }
  return gains;
}

/// Gains of the model's units, by column; fitted session by session.
FittedGains fit_all_gains(const Model& model, const SessionUnits& training, const SpikeMeans& means,
                          const std::vector<double>& nodes, Workers& workers) {
  const Dataset& data = training.data();
  const auto places = session_places(data);
  const std::size_t columns = model.units.id.size();
  constexpr std::size_t J = formulas::drift_bumps;
  FittedGains all{std::vector<double>(columns), std::vector<double>(columns, start_lnq),
                  std::vector<double>(columns * J)};
  const auto counts = constant_likelihoods(training, std::vector<double>(data.units(), 1));
  workers.begin("GLM by unit: gains of sessions", data.sessions());
  for (const auto& session : training.sessions()) {
    workers.count();
    if (session.unit.empty() || session.trial.empty()) continue;
    const FittedGains fit =
        fit_gains(gain_data(model, training, means, counts, places, session), nodes, workers);
    for (std::size_t k = 0; k < session.unit.size(); ++k) {
      const std::size_t column = training.column()[session.unit[k]];
      all.loading[column] = fit.loading[k];
      all.log_shape[column] = fit.log_shape[k];
      std::copy_n(fit.drift.begin() + static_cast<std::ptrdiff_t>(k * J), J,
                  all.drift.begin() + static_cast<std::ptrdiff_t>(column * J));
    }
  }
  return all;
}

/// The same of a trial at `place` of its session, with gains.
SpikeParts parts_with_gains(const SessionUnits& units, const SpikeMeans& means,
                            const ConstantLikelihoods& counts, const FittedGains& gains,
                            const std::vector<double>& nodes, double place, std::size_t n) {
  const std::size_t K = nodes.size();
  const auto psi = drift_bumps_at(place);
  SpikeParts parts{std::vector<double>(K, -std::log(static_cast<double>(K))), {}};
  for (const auto u : units.of_trial(n).unit) {
    const std::size_t column = units.column()[u], cell = units.cell(n, u);
    double drift = 0;
    for (std::size_t j = 0; j < psi.size(); ++j)
      drift += gains.drift[column * psi.size() + j] * psi[j];
    std::vector<double> of_unit(K, means.points[cell]);
    add_gain_terms({counts.spikes[cell], drift, means.totals[cell], gains.loading[column],
                    std::exp(gains.log_shape[column])},
                   nodes, of_unit);
    parts.of_unit.insert(parts.of_unit.end(), of_unit.begin(), of_unit.end());
  }
  return parts;
}

NeuronBaselineScore baseline_score(std::string name, double ridge, const SessionUnits& units,
                                   const SpikeLikelihoods& baseline, const SpikeLikelihoods& model,
                                   const ConstantLikelihoods& constant) {
  const auto spikes = over_units(units, constant.spikes),
             null = over_units(units, constant.log_likelihood);
  NeuronBaselineScore score{std::move(name),
                            ridge,
                            bits_over(baseline.all, null, spikes),
                            bits_over(model.all, baseline.all, spikes),
                            {},
                            {},
                            baseline.all};
  const auto region_spikes = over_regions(units, constant.spikes),
             region_null = over_regions(units, constant.log_likelihood);
  const std::size_t G = units.data().regions();
  for (std::size_t g = 0; g < G; ++g) {
    const auto own = column_of(baseline.region, G, g), count = column_of(region_spikes, G, g);
    score.region_bits.push_back(bits_over(own, column_of(region_null, G, g), count));
    score.region_model_over.push_back(bits_over(column_of(model.region, G, g), own, count));
  }
  return score;
}

}  // namespace

void evaluate_neuron_baselines(const Model& model, const BaselineTrials& own,
                               const SessionUnits& units, const TrainingSets& sets,
                               const SpikeLikelihoods& likelihoods,
                               const ConstantLikelihoods& constant,
                               const EvaluationOptions& options, NeuronEvaluation& evaluation,
                               Workers& workers) {
  const Dataset &data = *own.data, &training = *sets.trials.data;
  const std::size_t columns = model.units.id.size();
  const TimeGrid grid = time_grid(data, options.bins);
  double ridge = options.all_baselines ? options.glm_ridge : usual_ridge;
  if (options.all_baselines && training.trials() >= options.folds) {
    for (const double tried : glm_ridges)
      evaluation.glm_ridges.push_back(
          {tried, cross_validated(sets.trials, columns, grid, tried, options, workers)});
    ridge = best_ridge(evaluation.glm_ridges);
  }

  const ColumnTotals totals(sets, columns, grid);
  const GlmFit fit = fit_glm(totals, options.bases, ridge, workers, added_events);
  const SpikeMeans means =
      spike_means(*glm_baseline(fit, sets, own, grid), units, "GLM by unit: trials", workers);
  const auto add = [&](const char* name, const auto& parts) {
    const auto judged =
        spike_likelihoods(units, parts, std::string(name) + ": spikes of trials", workers);
    evaluation.baselines.push_back(
        baseline_score(name, ridge, units, judged, likelihoods, constant));
  };
  add("glm", [&](std::size_t n) { return parts_without_gains(units, means, n); });

  if (!options.all_baselines) return;
  const TrainingSets itself = fit_elsewhere(sets.trials, sets.trials);
  const SessionUnits trained_units(training, sets.trials.column);
  const SpikeMeans trained = spike_means(*glm_baseline(fit, itself, sets.trials, grid),
                                         trained_units, "GLM by unit: training trials", workers);
  const auto nodes = latent_nodes(NeuronShape().nodes);
  const auto places = session_places(data);
  const FittedGains gains = fit_all_gains(model, trained_units, trained, nodes, workers);
  add("glm with drift and gains", [&](std::size_t n) {
    return parts_with_gains(units, means, constant, gains, nodes, places[n], n);
  });
}

}  // namespace nnpoisson
