#include "evaluate/response_models.hpp"

#include <cmath>

#include "baselines/behaviour_baselines.hpp"
#include "evaluate/bootstrap.hpp"
#include "evaluate/statistics.hpp"
#include "evaluate/training_responses.hpp"

namespace nnpoisson {
namespace {

/// A model's log-likelihood of each trial, left and right; [T].
using TrialLikelihoods = std::vector<std::array<double, 2>>;

struct JudgedResponses {
  ResponseModel model{};
  TrialLikelihoods log_likelihood;
};

/// likelihood(trial, action, whether that action answered it) for all of them.
template <class Likelihood>
TrialLikelihoods for_each_action(const Dataset& data, const Likelihood& likelihood) {
  TrialLikelihoods all(data.trials());
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (const std::size_t a : {0U, 1U})
      all[n][a] = likelihood(n, a, data.responded(n) && data.action(n) == a);
  return all;
}

TrialLikelihoods race(const BaselineTrials& trials, const TrainingSets& sets, double ridge,
                      Workers& workers) {
  const Dataset& data = *trials.data;
  const auto racers = fit_race(sets, ridge, workers);
  return for_each_action(data, [&](std::size_t n, std::size_t a, bool finished) {
    const auto& racer = racers[sets.judged_by[n]][a];
    const auto& stimulus = trials.stimulus[n];
    return finished ? race_log_density(racer, stimulus, data.trial.response_time[n])
                    : race_log_survival(racer, stimulus, data.waited(n));
  });
}

TrialLikelihoods constant_hazards(const Dataset& data, const TrainingSets& sets) {
  const auto training = training_responses(sets);
  return for_each_action(data, [&](std::size_t n, std::size_t a, bool finished) {
    const TrainingResponses& of_set = training[sets.judged_by[n]];
    const double hazard = of_set.answered[a] / of_set.time;
    return (finished ? std::log(hazard) : 0) - hazard * data.waited(n);
  });
}

}  // namespace

std::vector<ResponseScore> score_responses(const BaselineTrials& trials,
                                           const std::vector<ResponseTerms>& terms,
                                           const std::optional<TrainingSets>& sets,
                                           const EvaluationOptions& options, Workers& workers) {
  const Dataset& data = *trials.data;
  std::vector<JudgedResponses> judged{{ResponseModel::network, {}}};
  for (const auto& term : terms) judged.front().log_likelihood.push_back(term.exact);
  if (sets) {
    judged.push_back(
        {ResponseModel::log_normal_race, race(trials, *sets, options.behaviour_ridge, workers)});
    judged.push_back({ResponseModel::constant_hazards, constant_hazards(data, *sets)});
  }

  // Of each model: bits a trial over the constant hazards.
  const auto statistics = [&](std::span<const double> weight, std::span<double> out) {
    double count = 0;
    std::vector<double> total(judged.size());
    for (std::size_t n = 0; n < data.trials(); ++n) {
      if (weight[n] == 0) continue;
      count += weight[n];
      for (std::size_t m = 0; m < judged.size(); ++m) {
        const auto& both = judged[m].log_likelihood[n];
        total[m] += weight[n] * (both[0] + both[1]);
      }
    }
    for (std::size_t m = 0; m < judged.size(); ++m)
      out[m] = bits_per_event(total[m], sets ? total.back() : not_a_number, count);
  };
  const auto estimates = bootstrap("responses", data, options, judged.size(), statistics, workers);

  std::vector<ResponseScore> scores;
  for (std::size_t m = 0; m < judged.size(); ++m) {
    ResponseScore score{judged[m].model, {}, estimates[m]};
    for (const auto& both : judged[m].log_likelihood)
      for (const std::size_t a : {0U, 1U}) score.log_likelihood[a] += both[a];
    scores.push_back(score);
  }
  return scores;
}

}  // namespace nnpoisson
