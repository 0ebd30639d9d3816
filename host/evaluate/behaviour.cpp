#include <algorithm>
#include <cmath>

#include "curves/parallel.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

using Actions = std::array<double, 2>;  // left, right

TrialTerms terms_of(const Dataset& data, std::size_t n, Curves curves) {
  TrialTerms terms;
  const auto until = curves.actions(data.waited(n));
  const double kappa = data.time_limit / data.trial.observed_until[n],
               end = kappa * data.time_limit;
  const auto at_end = curves.actions(end);
  for (const std::size_t a : {0U, 1U}) {
    terms.exact[a] = -until[a].cumulative;
    terms.authors[a] =
        -(at_end[a].cumulative + curves.actions_at_onset()[a] - intensity_floor * end) / kappa;
  }
  if (data.responded(n)) {
    const std::size_t a = data.action(n);
    terms.exact[a] += std::log(until[a].intensity);
    terms.authors[a] += std::log(curves.actions(kappa * data.trial.response_time[n])[a].intensity);
  }
  return terms;
}

void likelihood(BehaviourEvaluation& behaviour, const Dataset& data,
                const std::vector<TrialTerms>& terms) {
  constexpr double authors_divisor = 200;
  double time = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    time += data.waited(n);
    for (const std::size_t a : {0U, 1U}) {
      behaviour.log_likelihood[a] += terms[n].exact[a];
      behaviour.authors_terms[a] -= terms[n].authors[a] / authors_divisor;
    }
  }
  double gain = 0;
  const Actions events{static_cast<double>(behaviour.left), static_cast<double>(behaviour.right)};
  for (const std::size_t a : {0U, 1U}) {
    behaviour.exact_terms[a] = -behaviour.log_likelihood[a] / static_cast<double>(data.trials());
    behaviour.null_rate[a] = events[a] / time;
    behaviour.null_log_likelihood[a] =
        events[a] > 0 ? events[a] * (std::log(behaviour.null_rate[a]) - 1) : 0;
    gain += behaviour.log_likelihood[a] - behaviour.null_log_likelihood[a];
  }
  behaviour.bits_per_trial = bits_per_event(gain, 0, static_cast<double>(data.trials()));
}

/// Answered trials: how many, how many left, and what was predicted of them.
struct Share {
  double answered = 0, left = 0, predicted = 0;
  void add(const Dataset& data, std::size_t n, double p) {
    answered += 1;
    left += data.action(n) == 0 ? 1 : 0;
    predicted += p;
  }
};

void psychometric(BehaviourEvaluation& behaviour, const Dataset& data,
                  const StimulusPredictions& predicted, const Conditions& conditions) {
  behaviour.axis = conditions.axis;
  for (const auto& condition : conditions.list) {
    Share share;
    for (const auto n : condition.trials)
      if (data.responded(n)) share.add(data, n, predicted.left(n));
    behaviour.psychometric.push_back(
        {condition.axis, condition.name, static_cast<std::size_t>(share.answered),
         static_cast<std::size_t>(share.left), share.left / share.answered,
         wilson_interval(share.left, share.answered), share.predicted / share.answered});
  }
}

void calibration(BehaviourEvaluation& behaviour, const Dataset& data,
                 const StimulusPredictions& predicted) {
  constexpr std::size_t ranges = 10;
  std::array<Share, ranges> shares;
  double answered = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (!data.responded(n)) continue;
    const double p = predicted.left(n);
    shares[std::min(ranges - 1, static_cast<std::size_t>(p * ranges))].add(data, n, p);
    answered += 1;
  }
  double error = 0;
  for (const auto& share : shares) {
    behaviour.calibration.push_back({static_cast<std::size_t>(share.answered),
                                     share.predicted / share.answered, share.left / share.answered,
                                     wilson_interval(share.left, share.answered)});
    error += std::abs(share.left - share.predicted);
  }
  behaviour.calibration_error = error / answered;
}

}  // namespace

std::vector<TrialTerms> trial_terms(const Dataset& data, const MatchedTrials& trials, int threads) {
  std::vector<TrialTerms> terms(data.trials());
  for_each_in_parallel(data.trials(), threads,
                       [&](std::size_t n) { terms[n] = terms_of(data, n, trials.curves(n)); });
  return terms;
}

StimulusPredictions predict_responses(const Model& model, const Dataset& data,
                                      const MatchedTrials& trials, int threads) {
  const auto groups = trials.by_stimulus();
  StimulusPredictions predicted;
  predicted.of_trial.resize(data.trials());
  for (const auto& [stimulus, members] : groups) {
    for (const auto n : members) predicted.of_trial[n] = predicted.stimulus.size();
    predicted.stimulus.push_back(stimulus);
    predicted.trials.push_back(members);
  }
  predicted.response.resize(groups.size());
  predicted.distribution.resize(groups.size());
  for_each_in_parallel(groups.size(), threads, [&](std::size_t k) {
    Curves curves(model, predicted.stimulus[k]);
    predicted.response[k] = predict_response(curves, model.time_limit);
    predicted.distribution[k] = response_distribution(curves, model.time_limit);
  });
  return predicted;
}

void evaluate_behaviour(Evaluation& evaluation, const Dataset& data,
                        const std::vector<TrialTerms>& terms, const StimulusPredictions& predicted,
                        const Conditions& conditions) {
  auto& behaviour = evaluation.behaviour;
  std::vector<double> score[2], times, errors;
  double right_guesses = 0;
  for (std::size_t k = 0; k < predicted.stimulus.size(); ++k) {
    const ResponsePrediction& p = predicted.response[k];
    StimulusEvaluation here{
        predicted.stimulus[k], predicted.trials[k].size(), 0, 0, 0, p.left, p.right, p.median_time};
    std::vector<double> times_here;
    for (const auto n : predicted.trials[k]) {
      if (!data.responded(n)) continue;
      const bool is_left = data.action(n) == 0;
      ++(is_left ? here.left : here.right);
      score[data.action(n)].push_back(predicted.left(n));
      right_guesses += p.left == p.right ? 0.5 : (p.left > p.right) == is_left ? 1 : 0;
      times_here.push_back(data.trial.response_time[n]);
      errors.push_back(std::abs(times_here.back() - p.median_time));
    }
    times.insert(times.end(), times_here.begin(), times_here.end());
    here.median_time = median(std::move(times_here));
    behaviour.left += here.left;
    behaviour.right += here.right;
    evaluation.stimuli.push_back(std::move(here));
  }
  behaviour.trials = data.trials();
  const auto answered = static_cast<double>(times.size());
  behaviour.accuracy = right_guesses / answered;
  behaviour.base_rate = static_cast<double>(std::max(behaviour.left, behaviour.right)) / answered;
  behaviour.auc = area_under_curve(score[0], score[1]);
  behaviour.median_error = median(std::move(errors));
  const double centre = median(times);
  for (double& t : times) t = std::abs(t - centre);
  behaviour.null_median_error = median(std::move(times));
  likelihood(behaviour, data, terms);
  psychometric(behaviour, data, predicted, conditions);
  calibration(behaviour, data, predicted);
  evaluate_response_times(behaviour, data, predicted, conditions);
}

}  // namespace nnpoisson
