#include "nnpoisson/evaluate.hpp"

#include <algorithm>
#include <optional>

#include "evaluate/network_intensities.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

void check(const EvaluationOptions& options) {
  constexpr std::size_t most_bins = 10000;
  if (options.bins < 1 || options.bins > most_bins)
    throw UsageError("bins: must lie between 1 and " + std::to_string(most_bins));
  if (options.folds < 2) throw UsageError("folds: at least 2 are needed");
  if (options.bases < 2) throw UsageError("bases: at least 2 are needed");
  if (!(options.glm_ridge >= 0 && options.rival_ridge >= 0))
    throw UsageError("ridge: must be 0 or more");
}

BaselineTrials baseline_trials(const Dataset& data, const MatchedTrials& matched) {
  BaselineTrials trials{&data, {}, {}};
  for (std::size_t u = 0; u < data.units(); ++u) trials.column.push_back(matched.column(u));
  for (std::size_t n = 0; n < data.trials(); ++n) trials.stimulus.push_back(matched.stimulus(n));
  return trials;
}

/// The first unit of the dataset whose column has no spikes to be fitted on in a set that judges
/// one of its trials.
std::optional<std::size_t> unit_without_training(const TrainingSets& sets,
                                                 const BaselineTrials& evaluated,
                                                 std::size_t columns) {
  const Dataset &training = *sets.trials.data, &data = *evaluated.data;
  const auto pairs = [&](const BaselineTrials& trials, const auto& sets_of_trial) {
    std::vector<std::vector<bool>> by_session(trials.data->sessions(),
                                              std::vector<bool>(sets.sets));
    for (std::size_t n = 0; n < trials.data->trials(); ++n)
      for (std::size_t set = 0; set < sets.sets; ++set)
        if (sets_of_trial(n, set))
          by_session[static_cast<std::size_t>(trials.data->trial.session[n])][set] = true;
    return by_session;
  };
  const auto fitted = pairs(sets.trials, [&](std::size_t n, std::size_t set) {
    return sets.left_out_fold.empty() || sets.left_out_fold[n] != set;
  });
  const auto judged =
      pairs(evaluated, [&](std::size_t n, std::size_t set) { return sets.judged_by[n] == set; });
  std::vector<std::vector<bool>> has(columns, std::vector<bool>(sets.sets));
  for (std::size_t u = 0; u < training.units(); ++u)
    for (std::size_t set = 0; set < sets.sets; ++set)
      if (fitted[static_cast<std::size_t>(training.unit.session[u])][set])
        has[sets.trials.column[u]][set] = true;
  for (std::size_t u = 0; u < data.units(); ++u)
    for (std::size_t set = 0; set < sets.sets; ++set)
      if (judged[static_cast<std::size_t>(data.unit.session[u])][set] &&
          !has[evaluated.column[u]][set])
        return u;
  return {};
}

/// Where baselines are fitted; none where the dataset is too small to be divided, and `fitted_on`
/// says so.
std::optional<TrainingSets> training_sets(const EvaluationOptions& options,
                                          const std::optional<BaselineTrials>& training,
                                          const BaselineTrials& own, std::size_t columns,
                                          std::string& fitted_on) {
  if (!options.baselines) return {};
  if (training) {
    auto sets = fit_elsewhere(*training, own);
    if (const auto unit = unit_without_training(sets, own, columns))
      throw DataError(
          options.training_file + ": has no trial with units of region \"" +
          own.data->region_names[static_cast<std::size_t>(own.data->unit.region[*unit])] +
          "\" that are evaluated; baselines cannot be fitted on it");
    fitted_on = options.training_file;
    return sets;
  }
  if (own.data->trials() >= options.folds) {
    auto sets = cross_validate(own, options.folds, options.seed);
    fitted_on = std::to_string(options.folds) + "-fold cross-validation over this dataset";
    if (!unit_without_training(sets, own, columns)) return sets;
  }
  fitted_on =
      "nothing: too few trials for " + std::to_string(options.folds) + " folds of every session";
  return {};
}

/// The rate of each column on some trials; NaN where none expose it.
std::vector<double> own_rates(const BaselineTrials& trials, std::size_t columns) {
  const UnitTotals totals = unit_totals(*trials.data);
  std::vector<double> events(columns), exposure(columns);
  for (std::size_t u = 0; u < trials.data->units(); ++u) {
    events[trials.column[u]] += totals.events[u];
    exposure[trials.column[u]] += totals.exposure[u];
  }
  for (std::size_t k = 0; k < columns; ++k) events[k] /= exposure[k];
  return events;
}

/// The null model: one rate for each column, with readout by unit with the floor that the network's
/// intensities have.
std::vector<double> constant_rates(const Model& model,
                                   const std::optional<BaselineTrials>& training,
                                   const BaselineTrials& own, std::string& null) {
  null = "constant rate fitted on the training set";
  if (!model.shape.unit_region.empty()) {
    null = "each unit's constant rate on the training set";
    auto rates = model.units.constant_rate;
    for (double& rate : rates) rate += intensity_floor;
    return rates;
  }
  if (!model.constant_rate.empty()) return model.constant_rate;
  if (!training) null = "constant rate fitted on this dataset";
  return own_rates(training ? *training : own, static_cast<std::size_t>(model.shape.columns()));
}

void join(Evaluation& evaluation) {
  JointTerm total{"total", 0, 0};
  const auto add = [&](const std::string& name, double log_likelihood, double null) {
    evaluation.joint.push_back({name, log_likelihood, null});
    total.log_likelihood += log_likelihood;
    total.null_log_likelihood += null;
  };
  for (const auto& region : evaluation.regions)
    add(region.name, region.log_likelihood, region.null_log_likelihood);
  const auto& behaviour = evaluation.behaviour;
  for (const std::size_t a : {0U, 1U})
    add(a == 0 ? "left" : "right", behaviour.log_likelihood[a], behaviour.null_log_likelihood[a]);
  evaluation.joint.push_back(total);
}

}  // namespace

Evaluation evaluate(const Model& model, const Dataset& data, const EvaluationOptions& options,
                    const std::string& file) {
  check(options);
  const MatchedTrials matched(model, data);
  const BaselineTrials own = baseline_trials(data, matched);
  std::optional<MatchedTrials> matched_training;
  std::optional<BaselineTrials> training;
  if (options.training != nullptr) {
    matched_training.emplace(model, *options.training);
    if (options.training->bin_width != data.bin_width)
      throw DataError(options.training_file + ": attribute bin_width: differs from that of " +
                      file + "; both must hold the same kind of spikes");
    training = baseline_trials(*options.training, *matched_training);
  }

  Evaluation evaluation;
  const TimeGrid grid = time_grid(data, options.bins);
  for (std::size_t b = 0; b <= grid.bins; ++b)
    evaluation.bin_edges.push_back(std::min(grid.width * static_cast<double>(b), data.time_limit));
  const auto columns = static_cast<std::size_t>(model.shape.columns());
  const SessionUnits units(data, own.column);
  const auto sets = training_sets(options, training, own, columns, evaluation.fitted_on);

  std::vector<SpikePass> passes;
  const auto judge = [&](const std::string& name, const IntensityModel& intensities) {
    evaluation.models.push_back(name);
    passes.push_back(judge_spikes(intensities, units, grid,
                                  passes.empty() ? Detail::all : Detail::sums, options.threads));
  };
  judge("network", NetworkIntensities(model, data, matched));
  if (sets) {
    evaluation.glm =
        fit_glm(*sets, columns, grid, options.bases, options.glm_ridge, options.threads);
    judge("glm", *glm_baseline(evaluation.glm, *sets, own, grid));
    judge("psth", *psth_baseline(*sets, own, columns, grid, options.threads));
  }
  judge("constant", *constant_baseline(constant_rates(model, training, own, evaluation.null)));

  const auto predicted = predict_responses(model, data, matched, options.threads);
  std::vector<double> predicted_left;
  for (std::size_t n = 0; n < data.trials(); ++n) predicted_left.push_back(predicted.left(n));
  const Conditions conditions = stimulus_conditions(data, predicted_left);
  evaluate_spikes(evaluation, units, grid, passes, conditions, options);
  const auto terms = trial_terms(data, matched, options.threads);
  evaluate_behaviour(evaluation, data, terms, predicted, conditions);
  evaluate_rivals(evaluation.behaviour, own, terms, predicted, sets ? &*sets : nullptr, options);
  join(evaluation);
  return evaluation;
}

}  // namespace nnpoisson
