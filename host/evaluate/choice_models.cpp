#include "evaluate/choice_models.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "baselines/behaviour_baselines.hpp"
#include "curves/roc.hpp"
#include "evaluate/bootstrap.hpp"
#include "evaluate/statistics.hpp"
#include "evaluate/training_responses.hpp"

namespace nnpoisson {
namespace {

/// Trials that do not count may have an infinite value.
double weighed_sum(std::span<const double> weight, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) sum += weight[i] > 0 ? weight[i] * values[i] : 0;
  return sum;
}

/// The parts of a score that have intervals, in the order in which they are estimated.
enum Part : std::size_t { choice_bits, choice_accuracy, choice_area, choice_parts };

struct JudgedChoices {
  ChoiceModel model{};
  ChoiceTally tally;
};

/// What is known of the answered trials.
struct Answers {
  std::vector<std::size_t> trial;  // [answered]
  std::vector<bool> left;          // [answered]
};

Answers answers_of(const Dataset& data) {
  Answers answers;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (!data.responded(n)) continue;
    answers.trial.push_back(n);
    answers.left.push_back(data.action(n) == 0);
  }
  return answers;
}

/// The network first, the constant share last.
std::vector<JudgedChoices> judge_choices(const Answers& answers, const BaselineTrials& trials,
                                         const PredictedResponses& predicted,
                                         const std::optional<TrainingSets>& sets, double ridge,
                                         Workers& workers) {
  std::vector<JudgedChoices> judged;
  const auto judge = [&](ChoiceModel model, const auto& probability_of) {
    std::vector<double> probability;
    for (const auto n : answers.trial) probability.push_back(probability_of(n));
    judged.push_back({model, {std::move(probability), answers.left}});
  };
  judge(ChoiceModel::network, [&](std::size_t n) { return predicted.left(n); });
  if (!sets) return judged;

  // Choices of one side only give a regression nothing to fit.
  const auto training = training_responses(*sets);
  if (!std::all_of(training.begin(), training.end(), has_both_choices)) return judged;

  const auto logistic = fit_logistic(*sets, ridge, workers);
  judge(ChoiceModel::logistic_regression, [&](std::size_t n) {
    return logistic_probability(logistic[sets->judged_by[n]], trials.stimulus[n]);
  });
  judge(ChoiceModel::constant,
        [&](std::size_t n) { return training[sets->judged_by[n]].share_of_left(); });
  return judged;
}

}  // namespace

ChoiceTally::ChoiceTally(std::vector<double> probability, const std::vector<bool>& left)
    : probability_(std::move(probability)), left_(left), order_(left.size()) {
  for (std::size_t i = 0; i < left_.size(); ++i) {
    const double p = probability_[i];
    log_.push_back(std::log(left_[i] ? p : 1 - p));
    guessed_.push_back(p == 0.5 ? 0.5 : (p > 0.5) == left_[i] ? 1 : 0);
  }
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return probability_[a] < probability_[b]; });
}

double ChoiceTally::log_likelihood(std::span<const double> weight) const {
  return weighed_sum(weight, log_);
}

double ChoiceTally::accuracy(std::span<const double> weight) const {
  return weighed_sum(weight, guessed_) / std::accumulate(weight.begin(), weight.end(), 0.0);
}

double ChoiceTally::area(std::span<const double> weight) const {
  double won = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < order_.size();) {
    // Trials of equal P(left) are tied.
    double tied_left = 0, tied_right = 0;
    const double tied = probability_[order_[i]];
    for (; i < order_.size() && probability_[order_[i]] == tied; ++i)
      (left_[order_[i]] ? tied_left : tied_right) += weight[order_[i]];
    won += tied_left * beaten(right, tied_right);
    left += tied_left;
    right += tied_right;
  }
  return won / (left * right);
}

std::vector<ChoiceScore> score_choices(const BaselineTrials& trials,
                                       const PredictedResponses& predicted,
                                       const std::optional<TrainingSets>& sets,
                                       const EvaluationOptions& options, Workers& workers) {
  const Dataset& data = *trials.data;
  const Answers answers = answers_of(data);
  const auto judged =
      judge_choices(answers, trials, predicted, sets, options.behaviour_ridge, workers);

  const bool has_null = judged.back().model == ChoiceModel::constant;
  const auto statistics = [&](std::span<const double> of_trial, std::span<double> out) {
    std::vector<double> weight;
    for (const auto n : answers.trial) weight.push_back(of_trial[n]);
    const double count = std::accumulate(weight.begin(), weight.end(), 0.0);
    const double null = has_null ? judged.back().tally.log_likelihood(weight) : not_a_number;
    for (std::size_t m = 0; m < judged.size(); ++m) {
      const ChoiceTally& tally = judged[m].tally;
      const auto part = out.subspan(m * choice_parts, choice_parts);
      part[choice_bits] = bits_per_event(tally.log_likelihood(weight), null, count);
      part[choice_accuracy] = tally.accuracy(weight);
      part[choice_area] = tally.area(weight);
    }
  };
  const auto estimates =
      bootstrap("choices", data, options, judged.size() * choice_parts, statistics, workers);

  std::vector<ChoiceScore> scores;
  const std::vector<double> once(answers.trial.size(), 1);
  for (std::size_t m = 0; m < judged.size(); ++m) {
    const Estimate* part = &estimates[m * choice_parts];
    scores.push_back({judged[m].model, judged[m].tally.log_likelihood(once), part[choice_bits],
                      part[choice_accuracy], part[choice_area]});
  }
  return scores;
}

}  // namespace nnpoisson
