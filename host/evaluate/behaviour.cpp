#include "evaluate/behaviour.hpp"

#include <algorithm>
#include <cmath>

#include "evaluate/choice_models.hpp"
#include "evaluate/response_models.hpp"
#include "evaluate/response_times.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

std::vector<StimulusEvaluation> evaluate_stimuli(const Dataset& data,
                                                 const PredictedResponses& predicted) {
  std::vector<StimulusEvaluation> stimuli;
  for (std::size_t k = 0; k < predicted.stimulus.size(); ++k) {
    StimulusEvaluation stimulus;
    stimulus.stimulus = predicted.stimulus[k];
    stimulus.trials = predicted.trials[k].size();
    stimulus.predicted_left = predicted.response[k].left;
    stimulus.predicted_right = predicted.response[k].right;
    stimulus.predicted_median_time = predicted.response[k].median_time;

    std::vector<double> times;
    for (const auto n : predicted.trials[k]) {
      if (!data.responded(n)) continue;
      ++(data.action(n) == 0 ? stimulus.left : stimulus.right);
      times.push_back(data.trial.response_time[n]);
    }
    stimulus.median_time = median(std::move(times));
    stimuli.push_back(std::move(stimulus));
  }
  return stimuli;
}

/// Fills the errors of the predicted times and those of one time for all.
void time_errors(BehaviourEvaluation& behaviour, const Dataset& data,
                 const PredictedResponses& predicted) {
  std::vector<double> times, errors;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (!data.responded(n)) continue;
    times.push_back(data.trial.response_time[n]);
    errors.push_back(
        std::abs(times.back() - predicted.response[predicted.of_trial[n]].median_time));
  }
  behaviour.median_error = median(std::move(errors));

  const double centre = median(times);
  for (double& time : times) time = std::abs(time - centre);
  behaviour.null_median_error = median(std::move(times));
}

/// Fills the likelihoods, after left and right.
void likelihood(BehaviourEvaluation& behaviour, const Dataset& data,
                const std::vector<ResponseTerms>& terms) {
  double time = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    time += data.waited(n);
    for (const std::size_t a : {0U, 1U}) {
      behaviour.log_likelihood[a] += terms[n].exact[a];
      behaviour.authors_terms[a] -= terms[n].authors[a] / authors_loss_divisor;
    }
  }

  double gain = 0;
  const auto trials = static_cast<double>(data.trials());
  const std::array<double, 2> events{static_cast<double>(behaviour.left),
                                     static_cast<double>(behaviour.right)};
  for (const std::size_t a : {0U, 1U}) {
    behaviour.exact_terms[a] = -behaviour.log_likelihood[a] / trials;
    behaviour.null_rate[a] = events[a] / time;
    behaviour.null_log_likelihood[a] =
        events[a] > 0 ? events[a] * (std::log(behaviour.null_rate[a]) - 1) : 0;
    gain += behaviour.log_likelihood[a] - behaviour.null_log_likelihood[a];
  }
  behaviour.bits_per_trial = bits_per_event(gain, 0, trials);
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

std::vector<PsychometricPoint> psychometric(const Dataset& data,
                                            const PredictedResponses& predicted,
                                            const Conditions& conditions) {
  std::vector<PsychometricPoint> points;
  for (const auto& condition : conditions.list) {
    Share share;
    for (const auto n : condition.trials)
      if (data.responded(n)) share.add(data, n, predicted.left(n));
    points.push_back({condition.axis, condition.name, static_cast<std::size_t>(share.answered),
                      static_cast<std::size_t>(share.left), share.left / share.answered,
                      wilson_interval(share.left, share.answered),
                      share.predicted / share.answered});
  }
  return points;
}

/// Fills calibration and its error.
void calibrate(BehaviourEvaluation& behaviour, const Dataset& data,
               const PredictedResponses& predicted) {
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

void compare_responses(BehaviourEvaluation& behaviour, const Dataset& data,
                       const PredictedResponses& predicted, const Conditions& conditions) {
  behaviour.trials = data.trials();
  for (std::size_t n = 0; n < data.trials(); ++n)
    if (data.responded(n)) ++(data.action(n) == 0 ? behaviour.left : behaviour.right);
  time_errors(behaviour, data, predicted);
  behaviour.axis = conditions.axis;
  behaviour.psychometric = psychometric(data, predicted, conditions);
  calibrate(behaviour, data, predicted);
  evaluate_response_times(behaviour, data, predicted, conditions);
}

void evaluate_behaviour(Evaluation& evaluation, const BaselineTrials& trials,
                        const std::vector<ResponseTerms>& terms,
                        const PredictedResponses& predicted, const Conditions& conditions,
                        const std::optional<TrainingSets>& sets, const EvaluationOptions& options,
                        Workers& workers) {
  const Dataset& data = *trials.data;
  auto& behaviour = evaluation.behaviour;
  evaluation.stimuli = evaluate_stimuli(data, predicted);
  compare_responses(behaviour, data, predicted, conditions);
  likelihood(behaviour, data, terms);

  // What is said of the choices is the network's score among its baselines.
  behaviour.choice_models = score_choices(trials, predicted, sets, options, workers);
  behaviour.response_models = score_responses(trials, terms, sets, options, workers);
  behaviour.accuracy = behaviour.choice_models.front().accuracy.value;
  behaviour.auc = behaviour.choice_models.front().auc.value;
  behaviour.base_rate = static_cast<double>(std::max(behaviour.left, behaviour.right)) /
                        static_cast<double>(behaviour.left + behaviour.right);
}

}  // namespace nnpoisson
