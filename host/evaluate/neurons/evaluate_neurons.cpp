#include "evaluate/neurons/evaluate_neurons.hpp"

#include <optional>

#include "evaluate/fitted_on.hpp"
#include "evaluate/neurons/neuron_baselines.hpp"
#include "evaluate/neurons/neuron_behaviour.hpp"
#include "evaluate/neurons/neuron_choices.hpp"
#include "evaluate/neurons/spike_parts.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {
namespace {

/// A dataset's trials with the model's units as columns and its standardised stimuli.
BaselineTrials neuron_baseline_trials(const Model& model, const Dataset& data) {
  BaselineTrials trials{&data, model_units(model, data), {}};
  const auto& fixed = model.neuron_constants;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    std::vector<double> s;
    for (std::size_t f = 0; f < data.features(); ++f)
      s.push_back((data.trial.stimulus[n * data.features() + f] - fixed.mean[f]) * fixed.scale[f]);
    trials.stimulus.push_back(std::move(s));
  }
  return trials;
}

std::optional<BaselineTrials> neuron_training(const Model& model, const Dataset& data,
                                              const EvaluationOptions& options) {
  if (options.training == nullptr || !options.baselines) return {};
  const Dataset& training = *options.training;
  require_same_kind_of_spikes(training, data);
  const NeuronTrials checked(model, training);
  return neuron_baseline_trials(model, training);
}

NeuronSpikeScore spike_score(const std::vector<double>& alone, const std::vector<double>* given,
                             const std::vector<double>& null, const std::vector<double>& spikes) {
  const auto sum = [](const std::vector<double>& values) {
    double all = 0;
    for (const double v : values) all += v;
    return all;
  };
  return {sum(spikes), sum(alone), sum(null), bits_over(alone, null, spikes),
          given == nullptr ? TrialMean{} : bits_over(*given, null, spikes)};
}

void score_spikes(const SessionUnits& units, const SpikeLikelihoods& likelihoods,
                  const ConstantLikelihoods& constant, NeuronEvaluation& evaluation) {
  const Dataset& data = units.data();
  auto& trial = evaluation.trial;
  trial.spikes = over_units(units, constant.spikes);
  trial.null_log_likelihood = over_units(units, constant.log_likelihood);
  trial.log_likelihood = likelihoods.all;
  evaluation.spikes =
      spike_score(trial.log_likelihood, nullptr, trial.null_log_likelihood, trial.spikes);

  const std::size_t G = data.regions();
  const auto spikes = over_regions(units, constant.spikes),
             null = over_regions(units, constant.log_likelihood);
  for (std::size_t g = 0; g < G; ++g) {
    const auto given = column_of(likelihoods.region_given_others, G, g);
    evaluation.regions.push_back({data.region_names[g], 0,
                                  spike_score(column_of(likelihoods.region, G, g), &given,
                                              column_of(null, G, g), column_of(spikes, G, g))});
  }
  for (std::size_t u = 0; u < data.units(); ++u) {
    const auto given = of_unit(units, likelihoods.unit_given_others, u);
    const auto region = static_cast<std::size_t>(data.unit.region[u]);
    ++evaluation.regions[region].units;
    evaluation.units.push_back({data.session_names[static_cast<std::size_t>(data.unit.session[u])],
                                data.unit.id[u], region,
                                spike_score(of_unit(units, likelihoods.unit, u), &given,
                                            of_unit(units, constant.log_likelihood, u),
                                            of_unit(units, constant.spikes, u))});
  }
}

}  // namespace

NeuronEvaluation evaluate_neurons(const Model& model, const Dataset& data,
                                  const EvaluationOptions& options, const Watch& watch) {
  const NeuronTrials trials(model, data);
  const BaselineTrials own = neuron_baseline_trials(model, data);
  const auto training = neuron_training(model, data, options);
  const std::size_t columns = model.units.id.size();
  FittedOn fitted;
  if (training) fitted = fitted_on(options, training, own, columns);

  NeuronEvaluation evaluation;
  evaluation.fitted_on = fitted.words;
  Workers workers(options.threads, watch);
  std::vector<double> rate;
  for (const auto i : own.column) rate.push_back(model.neuron_constants.rate[i]);
  const SessionUnits units(data, own.column);
  const ConstantLikelihoods constant = constant_likelihoods(units, rate);
  const auto parts = [&](std::size_t n) {
    NeuronTrialReading reading = trials.read(n);
    return SpikeParts{std::move(reading.prior), std::move(reading.of_unit)};
  };
  const SpikeLikelihoods likelihoods = spike_likelihoods(units, parts, "spikes: trials", workers);
  score_spikes(units, likelihoods, constant, evaluation);

  const AnswerLikelihoods answers =
      evaluate_neuron_behaviour(trials, data, model.neuron_constants.hazard, evaluation, workers);
  const auto& choice_sets = options.all_baselines ? fitted.sets : std::optional<TrainingSets>();
  evaluate_neuron_choices(answers, own, choice_sets, columns, options, evaluation, workers);
  if (fitted.sets)
    evaluate_neuron_baselines(model, own, units, *fitted.sets, likelihoods, constant, options,
                              evaluation, workers);
  return evaluation;
}

}  // namespace nnpoisson
