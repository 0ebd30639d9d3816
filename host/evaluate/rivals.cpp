#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluate/bootstrap.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A model's P(left) of each answered trial.
struct ChoiceModel {
  std::string name;
  std::vector<double> left;  // [answered]
};
/// A model's log-likelihood of each trial, left and right.
struct ResponseModel {
  std::string name;
  std::vector<std::array<double, 2>> log_likelihood;  // [T]
};

/// What one training set holds of responses.
struct Responses {
  std::array<double, 2> answered{};
  double time = 0;
};

std::vector<Responses> responses_of(const TrainingSets& sets) {
  const Dataset& data = *sets.trials.data;
  std::vector<Responses> responses(sets.sets);
  for (std::size_t set = 0; set < sets.sets; ++set)
    for (std::size_t n = 0; n < data.trials(); ++n) {
      if (!sets.left_out_fold.empty() && sets.left_out_fold[n] == set) continue;
      if (data.responded(n)) responses[set].answered[data.action(n)] += 1;
      responses[set].time += data.waited(n);
    }
  return responses;
}

/// Weighted area under the curve; `order`: answered trials by ascending score, of equal ones in any
/// order.
double weighted_area(const std::vector<std::size_t>& order, const std::vector<double>& score,
                     const std::vector<bool>& is_left, const std::vector<double>& weight) {
  double won = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < order.size();) {
    double tied_left = 0, tied_right = 0;
    for (const double value = score[order[i]]; i < order.size() && score[order[i]] == value; ++i)
      (is_left[order[i]] ? tied_left : tied_right) += weight[order[i]];
    won += tied_left * (right + tied_right / 2);
    left += tied_left;
    right += tied_right;
  }
  return won / (left * right);
}

std::vector<ChoiceScore> score_choices(const Dataset& data,
                                       const std::vector<std::size_t>& answered,
                                       const std::vector<ChoiceModel>& models,
                                       const EvaluationOptions& options) {
  std::vector<bool> is_left;
  for (const auto n : answered) is_left.push_back(data.action(n) == 0);
  std::vector<std::vector<double>> log_p(models.size()), right(models.size());
  std::vector<std::vector<std::size_t>> order(models.size(),
                                              std::vector<std::size_t>(answered.size()));
  for (std::size_t m = 0; m < models.size(); ++m) {
    const auto& p = models[m].left;
    for (std::size_t i = 0; i < answered.size(); ++i) {
      log_p[m].push_back(std::log(is_left[i] ? p[i] : 1 - p[i]));
      right[m].push_back(p[i] == 0.5 ? 0.5 : (p[i] > 0.5) == is_left[i] ? 1 : 0);
    }
    std::iota(order[m].begin(), order[m].end(), std::size_t{0});
    std::stable_sort(order[m].begin(), order[m].end(),
                     [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  }
  constexpr std::size_t kinds = 3;
  const auto scored = bootstrap(data, options, models.size() * kinds,
                                [&](std::span<const double> weight, std::span<double> out) {
                                  std::vector<double> w;
                                  for (const auto n : answered) w.push_back(weight[n]);
                                  const double count = std::accumulate(w.begin(), w.end(), 0.0);
                                  const auto sum = [&](const std::vector<double>& values) {
                                    double total = 0;
                                    for (std::size_t i = 0; i < w.size(); ++i)
                                      total += w[i] > 0 ? w[i] * values[i] : 0;
                                    return total;
                                  };
                                  const double null = models.size() > 1 ? sum(log_p.back()) : none;
                                  for (std::size_t m = 0; m < models.size(); ++m) {
                                    out[m * kinds] = bits_per_event(sum(log_p[m]), null, count);
                                    out[m * kinds + 1] = sum(right[m]) / count;
                                    out[m * kinds + 2] =
                                        weighted_area(order[m], models[m].left, is_left, w);
                                  }
                                });
  std::vector<ChoiceScore> scores;
  for (std::size_t m = 0; m < models.size(); ++m)
    scores.push_back({models[m].name, std::accumulate(log_p[m].begin(), log_p[m].end(), 0.0),
                      scored[m * kinds], scored[m * kinds + 1], scored[m * kinds + 2]});
  return scores;
}

std::vector<ResponseScore> score_responses(const Dataset& data,
                                           const std::vector<ResponseModel>& models,
                                           const EvaluationOptions& options) {
  const auto scored = bootstrap(
      data, options, models.size(), [&](std::span<const double> weight, std::span<double> out) {
        double trials = 0;
        std::vector<double> total(models.size());
        for (std::size_t n = 0; n < data.trials(); ++n) {
          if (weight[n] == 0) continue;
          trials += weight[n];
          for (std::size_t m = 0; m < models.size(); ++m)
            total[m] +=
                weight[n] * (models[m].log_likelihood[n][0] + models[m].log_likelihood[n][1]);
        }
        for (std::size_t m = 0; m < models.size(); ++m)
          out[m] = bits_per_event(total[m], models.size() > 1 ? total.back() : none, trials);
      });
  std::vector<ResponseScore> scores;
  for (std::size_t m = 0; m < models.size(); ++m) {
    ResponseScore score{models[m].name, {}, scored[m]};
    for (const auto& of_trial : models[m].log_likelihood)
      for (const std::size_t a : {0U, 1U}) score.log_likelihood[a] += of_trial[a];
    scores.push_back(score);
  }
  return scores;
}

ResponseModel race_model(const BaselineTrials& trials, const TrainingSets& sets, double ridge) {
  const Dataset& data = *trials.data;
  const auto race = fit_race(sets, ridge);
  ResponseModel model{"log-normal race", {}};
  for (std::size_t n = 0; n < data.trials(); ++n) {
    std::array<double, 2> log_likelihood{};
    for (const std::size_t a : {0U, 1U}) {
      const auto& racer = race[sets.judged_by[n]][a];
      const bool finished = data.responded(n) && data.action(n) == a;
      log_likelihood[a] =
          finished ? race_log_density(racer, trials.stimulus[n], data.trial.response_time[n])
                   : race_log_survival(racer, trials.stimulus[n], data.waited(n));
    }
    model.log_likelihood.push_back(log_likelihood);
  }
  return model;
}

ResponseModel constant_hazards(const Dataset& data, const TrainingSets& sets,
                               const std::vector<Responses>& responses) {
  ResponseModel model{"constant hazards", {}};
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto& of_set = responses[sets.judged_by[n]];
    std::array<double, 2> log_likelihood{};
    for (const std::size_t a : {0U, 1U}) {
      const double hazard = of_set.answered[a] / of_set.time;
      log_likelihood[a] = (data.responded(n) && data.action(n) == a ? std::log(hazard) : 0) -
                          hazard * data.waited(n);
    }
    model.log_likelihood.push_back(log_likelihood);
  }
  return model;
}

}  // namespace

void evaluate_rivals(BehaviourEvaluation& behaviour, const BaselineTrials& trials,
                     const std::vector<TrialTerms>& terms, const StimulusPredictions& predicted,
                     const TrainingSets* sets, const EvaluationOptions& options) {
  const Dataset& data = *trials.data;
  std::vector<std::size_t> answered;
  ChoiceModel choice{"network", {}};
  ResponseModel response{"network", {}};
  for (std::size_t n = 0; n < data.trials(); ++n) {
    response.log_likelihood.push_back(terms[n].exact);
    if (!data.responded(n)) continue;
    answered.push_back(n);
    choice.left.push_back(predicted.left(n));
  }
  std::vector<ChoiceModel> choices{choice};
  std::vector<ResponseModel> times{response};
  if (sets != nullptr) {
    const auto responses = responses_of(*sets);
    // Choices of one side only give a regression nothing to fit.
    if (std::all_of(responses.begin(), responses.end(),
                    [](const Responses& r) { return r.answered[0] > 0 && r.answered[1] > 0; })) {
      const auto logistic = fit_logistic(*sets, options.rival_ridge);
      choices.push_back({"logistic regression", {}});
      choices.push_back({"constant", {}});
      for (const auto n : answered) {
        const std::size_t set = sets->judged_by[n];
        choices[1].left.push_back(logistic_probability(logistic[set], trials.stimulus[n]));
        choices[2].left.push_back(responses[set].answered[0] /
                                  (responses[set].answered[0] + responses[set].answered[1]));
      }
    }
    times.push_back(race_model(trials, *sets, options.rival_ridge));
    times.push_back(constant_hazards(data, *sets, responses));
  }
  behaviour.choice_models = score_choices(data, answered, choices, options);
  behaviour.response_models = score_responses(data, times, options);
}

}  // namespace nnpoisson
