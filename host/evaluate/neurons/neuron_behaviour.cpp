#include "evaluate/neurons/neuron_behaviour.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "curves/log_sum.hpp"

namespace nnpoisson {
namespace {

/// Of the window: times from which on behaviour is judged given the spikes before them.
constexpr std::array<double, 3> judged_from{0.1, 0.25, 0.5};

std::vector<double> plus(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// How long a trial is known to have gone without a response.
double waiting_time(const Dataset& data, std::size_t n) {
  return data.responded(n) ? data.trial.response_time[n] : data.trial.observed_until[n];
}

/// log p of a trial's behaviour after `from` under constant hazards.
double constant_behaviour(const Dataset& data, std::size_t n, const std::array<double, 2>& hazard,
                          double from) {
  const double survival = -(hazard[0] + hazard[1]) * (waiting_time(data, n) - from);
  return survival + (data.responded(n) ? std::log(hazard[data.action(n)]) : 0);
}

/// One trial's behaviour after a time, nats; NaN where the trial had ended by then.
struct Later {
  double alone = std::numeric_limits<double>::quiet_NaN();
  double given_spikes = alone, constant = alone;
};
Later later_behaviour(const NeuronTrials& trials, const Dataset& data, std::size_t n,
                      const NeuronTrialReading& whole, const std::array<double, 2>& hazard,
                      double from) {
  if (!(waiting_time(data, n) > from)) return {};
  const NeuronTrialReading before = trials.read(n, from);
  const auto seen = plus(before.prior, before.of_spikes);
  return {whole.behaviour - before.behaviour,
          log_of_sum(plus(seen, whole.of_behaviour)) - before.joint,
          constant_behaviour(data, n, hazard, from)};
}

NeuronBehaviourScore behaviour_score(double from, const std::vector<double>& alone,
                                     const std::vector<double>& given,
                                     const std::vector<double>& null) {
  std::vector<double> over, given_over, gain;
  for (std::size_t n = 0; n < null.size(); ++n) {
    if (std::isnan(null[n])) continue;
    over.push_back(alone[n] - null[n]);
    given_over.push_back(given[n] - null[n]);
    gain.push_back(given[n] - alone[n]);
  }
  return {from, over.size(), trial_mean(over), trial_mean(given_over), trial_mean(gain)};
}

}  // namespace

double log_choice(const NeuronTrials& trials, const Dataset& data, std::size_t n,
                  const std::vector<double>& weight, const std::vector<double>& of_behaviour) {
  const std::size_t K = weight.size(), action = data.action(n);
  const auto hazards = trials.curves(n).hazards(data.trial.response_time[n]);
  std::vector<double> mine = plus(weight, of_behaviour), either;
  for (std::size_t k = 0; k < K; ++k) {
    const double survival = mine[k] - std::log(hazards[action * K + k]);
    either.push_back(survival + std::log(hazards[k] + hazards[K + k]));
  }
  return log_of_sum(mine) - log_of_sum(either);
}

AnswerLikelihoods evaluate_neuron_behaviour(const NeuronTrials& trials, const Dataset& data,
                                            const std::array<double, 2>& hazard,
                                            NeuronEvaluation& evaluation, Workers& workers) {
  const std::size_t T = data.trials();
  auto& columns = evaluation.trial;
  for (auto* column :
       {&columns.behaviour_alone, &columns.behaviour_given_spikes, &columns.null_behaviour})
    column->assign(T, 0);
  std::vector<std::array<Later, judged_from.size()>> later(T);
  std::vector<double> choice(T), choice_given(T);

  const auto judge = [&](std::size_t n) {
    const NeuronTrialReading whole = trials.read(n);
    columns.behaviour_alone[n] = whole.behaviour;
    columns.behaviour_given_spikes[n] = whole.joint - whole.spikes;
    columns.null_behaviour[n] = constant_behaviour(data, n, hazard, 0);
    for (std::size_t i = 0; i < judged_from.size(); ++i)
      later[n][i] =
          later_behaviour(trials, data, n, whole, hazard, judged_from[i] * data.time_limit);
    if (!data.responded(n)) return;
    choice[n] = log_choice(trials, data, n, whole.prior, whole.of_behaviour);
    choice_given[n] =
        log_choice(trials, data, n, plus(whole.prior, whole.of_spikes), whole.of_behaviour);
  };
  workers.for_each("behaviour: trials", T, judge, 1);

  evaluation.behaviour = {behaviour_score(std::numeric_limits<double>::infinity(),
                                          columns.behaviour_alone, columns.behaviour_given_spikes,
                                          columns.null_behaviour)};
  for (std::size_t i = 0; i < judged_from.size(); ++i) {
    std::vector<double> alone, given, null;
    for (const auto& of_trial : later) {
      alone.push_back(of_trial[i].alone);
      given.push_back(of_trial[i].given_spikes);
      null.push_back(of_trial[i].constant);
    }
    evaluation.behaviour.push_back(
        behaviour_score(judged_from[i] * data.time_limit, alone, given, null));
  }

  AnswerLikelihoods answers;
  for (std::size_t n = 0; n < T; ++n) {
    if (!data.responded(n)) continue;
    answers.trial.push_back(n);
    answers.alone.push_back(choice[n]);
    answers.given_spikes.push_back(choice_given[n]);
  }
  evaluation.answered = answers.trial.size();
  return answers;
}

}  // namespace nnpoisson
