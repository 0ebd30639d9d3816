#include <algorithm>
#include <cmath>
#include <map>

#include "curves/parallel.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

using Actions = std::array<double, 2>;  // left, right

std::size_t action(const Dataset& data, std::size_t n) { return data.trial.choice[n] > 0 ? 0 : 1; }

/// One trial's log-likelihood in the exact meaning and in the authors' form, without that form's divisor.
struct TrialTerms {
  Actions exact{}, authors{};
};

TrialTerms trial_terms(const Dataset& data, std::size_t n, Curves curves) {
  TrialTerms terms;
  const auto until = curves.actions(data.waited(n));
  const double kappa = data.time_limit / data.trial.observed_until[n], end = kappa * data.time_limit;
  const auto at_end = curves.actions(end);
  for (const std::size_t a : {0U, 1U}) {
    terms.exact[a] = -until[a].cumulative;
    terms.authors[a] = -(at_end[a].cumulative + curves.actions_at_onset()[a] - intensity_floor * end) / kappa;
  }
  if (data.responded(n)) {
    const std::size_t a = action(data, n);
    terms.exact[a] += std::log(until[a].intensity);
    terms.authors[a] += std::log(curves.actions(kappa * data.trial.response_time[n])[a].intensity);
  }
  return terms;
}

/// Trials of the same stimulus, in the order of stimuli.
std::map<std::vector<double>, std::vector<std::size_t>> trials_by_stimulus(const Dataset& data, const MatchedTrials& trials) {
  std::map<std::vector<double>, std::vector<std::size_t>> groups;
  for (std::size_t n = 0; n < data.trials(); ++n) groups[trials.stimulus(n)].push_back(n);
  return groups;
}

void likelihood(BehaviourEvaluation& behaviour, const Dataset& data, const MatchedTrials& trials, int threads) {
  std::vector<TrialTerms> terms(data.trials());
  for_each_in_parallel(data.trials(), threads, [&](std::size_t n) { terms[n] = trial_terms(data, n, trials.curves(n)); });
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
    behaviour.null_log_likelihood[a] = events[a] > 0 ? events[a] * (std::log(behaviour.null_rate[a]) - 1) : 0;
    gain += behaviour.log_likelihood[a] - behaviour.null_log_likelihood[a];
  }
  behaviour.bits_per_trial = bits_per_event(gain, 0, static_cast<double>(data.trials()));
}

}  // namespace

void evaluate_behaviour(Evaluation& evaluation, const Model& model, const Dataset& data, const MatchedTrials& trials, int threads) {
  auto& behaviour = evaluation.behaviour;
  const auto groups = trials_by_stimulus(data, trials);
  std::vector<std::size_t> first;
  for (const auto& [stimulus, members] : groups) first.push_back(members.front());
  std::vector<ResponsePrediction> predicted(groups.size());
  for_each_in_parallel(groups.size(), threads, [&](std::size_t k) {
    Curves curves = trials.curves(first[k]);
    predicted[k] = predict_response(curves, model.time_limit);
  });

  std::vector<double> score[2], times, errors;
  double right_guesses = 0;
  for (std::size_t k = 0; const auto& [stimulus, members] : groups) {
    const ResponsePrediction& p = predicted[k++];
    StimulusEvaluation here{stimulus, members.size(), 0, 0, 0, p.left, p.right, p.median_time};
    std::vector<double> times_here;
    for (const auto n : members) {
      if (!data.responded(n)) continue;
      const bool is_left = action(data, n) == 0;
      ++(is_left ? here.left : here.right);
      score[action(data, n)].push_back(p.left / (p.left + p.right));
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
  likelihood(behaviour, data, trials, threads);
}

}  // namespace nnpoisson
