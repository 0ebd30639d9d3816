#include "nnpoisson/evaluate.hpp"

#include <algorithm>

#include "baselines/spike_baselines.hpp"
#include "evaluate/behaviour.hpp"
#include "evaluate/fitted_on.hpp"
#include "evaluate/network_intensities.hpp"
#include "evaluate/neurons/evaluate_neurons.hpp"
#include "evaluate/spikes.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

void check(const EvaluationOptions& options) {
  constexpr std::size_t most_bins = 10000;
  if (options.bins < 1 || options.bins > most_bins)
    throw UsageError("bins: must lie between 1 and " + std::to_string(most_bins));
  if (options.folds < 2) throw UsageError("folds: at least 2 are needed");
  if (options.bases < 2) throw UsageError("bases: at least 2 are needed");
  if (!(options.glm_ridge >= 0 && options.behaviour_ridge >= 0))
    throw UsageError("ridge: must be 0 or more");
}

std::vector<double> edges(const TimeGrid& grid, double limit) {
  std::vector<double> all;
  for (std::size_t b = 0; b <= grid.bins; ++b)
    all.push_back(std::min(grid.width * static_cast<double>(b), limit));
  return all;
}

/// The joint log-likelihood by term.
std::vector<JointTerm> joint_terms(const Evaluation& evaluation) {
  std::vector<JointTerm> joint;
  for (const auto& region : evaluation.regions)
    joint.push_back({region.name, region.log_likelihood, region.null_log_likelihood});
  const auto& behaviour = evaluation.behaviour;
  for (const std::size_t a : {0U, 1U})
    joint.push_back(
        {a == 0 ? "left" : "right", behaviour.log_likelihood[a], behaviour.null_log_likelihood[a]});

  JointTerm total{"total", 0, 0};
  for (const auto& term : joint) {
    total.log_likelihood += term.log_likelihood;
    total.null_log_likelihood += term.null_log_likelihood;
  }
  joint.push_back(total);
  return joint;
}

}  // namespace

Evaluation evaluate(const Model& model, const Dataset& data, const EvaluationOptions& options,
                    const Watch& watch) {
  check(options);
  if (model.preset == Preset::neurons) {
    Evaluation by_neuron;
    by_neuron.neurons = evaluate_neurons(model, data, options, watch);
    return by_neuron;
  }
  const MatchedTrials matched(model, data);
  const BaselineTrials own = baseline_trials(data, matched);
  const auto training = training_trials(model, data, options.training);
  const auto columns = model.region_names.size();
  const FittedOn fitted = fitted_on(options, training, own, columns);
  const ConstantRates constant = constant_rates(model, training, own);
  const TimeGrid grid = time_grid(data, options.bins);

  Evaluation evaluation;
  evaluation.fitted_on = fitted.words;
  evaluation.null = constant.words;
  evaluation.bin_edges = edges(grid, data.time_limit);

  // The network and its baselines are judged by the same code, one after the other.
  Workers workers(options.threads, watch);
  const SessionUnits units(data, own.column);
  std::vector<JudgedModel> judged;
  const auto judge = [&](SpikeModel which, const IntensityModel& intensities) {
    const Detail detail = which == SpikeModel::network ? Detail::all : Detail::sums;
    const std::string phase = std::string(to_string(which)) + ": trials";
    judged.push_back({which, judge_spikes(phase, intensities, units, grid, detail, workers)});
  };
  judge(SpikeModel::network, NetworkIntensities(model, data, matched));
  if (fitted.sets) {
    const ColumnTotals totals(*fitted.sets, columns, grid);
    evaluation.glm = fit_glm(totals, options.bases, options.glm_ridge, workers);
    judge(SpikeModel::glm, *glm_baseline(evaluation.glm, *fitted.sets, own, grid));
    judge(SpikeModel::psth, *psth_baseline(totals, own, workers));
  }
  judge(SpikeModel::constant, *constant_baseline(constant.rate));

  const PredictedResponses predicted = predict_responses(model, data, matched, workers);
  const Conditions conditions = stimulus_conditions(data, predicted);
  evaluate_spikes(evaluation, units, grid, judged, conditions, options, workers);

  const auto terms = response_terms(data, matched, workers);
  evaluate_behaviour(evaluation, own, terms, predicted, conditions, fitted.sets, options, workers);
  evaluation.joint = joint_terms(evaluation);
  return evaluation;
}

}  // namespace nnpoisson
