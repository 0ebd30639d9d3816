#include "evaluate/neurons/neuron_choices.hpp"

#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "baselines/behaviour_baselines.hpp"
#include "baselines/count_logistic.hpp"
#include "evaluate/training_responses.hpp"
#include "nnpoisson/folds.hpp"

namespace nnpoisson {
namespace {

/// Of counts that are standardised.
constexpr std::array<double, 6> count_ridges{1, 10, 100, 1000, 10000, 100000};

/// What each model gives the answers that were given: log probabilities, [answered].
class JudgedAnswers {
 public:
  explicit JudgedAnswers(const AnswerLikelihoods& answers) : answers_(answers) {}

  [[nodiscard]] NeuronChoiceScore score(std::string name,
                                        const std::vector<double>& log_probability) const {
    std::vector<double> right, over, alone_over;
    for (std::size_t i = 0; i < log_probability.size(); ++i) {
      const double p = std::exp(log_probability[i]);
      right.push_back(p == 0.5 ? 0.5 : p > 0.5 ? 1 : 0);
      over.push_back(answers_.given_spikes[i] - log_probability[i]);
      alone_over.push_back(answers_.alone[i] - log_probability[i]);
    }
    return {std::move(name), trial_mean(log_probability), trial_mean(right), trial_mean(over),
            trial_mean(alone_over)};
  }

  /// `left`: log-odds of left in a trial.
  template <class Odds>
  [[nodiscard]] std::vector<double> of_odds(const Dataset& data, const Odds& left) const {
    std::vector<double> logs;
    for (const auto n : answers_.trial)
      logs.push_back(log_logistic(data.action(n) == 0 ? left(n) : -left(n)));
    return logs;
  }

 private:
  const AnswerLikelihoods& answers_;
};

}  // namespace

void evaluate_neuron_choices(const AnswerLikelihoods& answers, const BaselineTrials& own,
                             const std::optional<TrainingSets>& sets, std::size_t columns,
                             const EvaluationOptions& options, NeuronEvaluation& evaluation,
                             Workers& workers) {
  const JudgedAnswers judged(answers);
  auto& scores = evaluation.choice;
  scores.push_back(judged.score("model", answers.alone));
  scores.push_back(judged.score("model given spikes", answers.given_spikes));
  if (!sets || answers.trial.empty()) return;
  const auto responses = training_responses(*sets).front();
  if (!has_both_choices(responses)) return;

  const Dataset &data = *own.data, &training = *sets->trials.data;
  const double share = responses.share_of_left();
  scores.push_back(judged.score("constant", judged.of_odds(data, [&](std::size_t) {
    return std::log(share / (1 - share));
  })));

  const auto logistic = fit_logistic(*sets, options.behaviour_ridge, workers).front();
  scores.push_back(judged.score("logistic regression", judged.of_odds(data, [&](std::size_t n) {
    const double p = logistic_probability(logistic, own.stimulus[n]);
    return std::log(p / (1 - p));
  })));

  if (training.trials() < options.folds) return;
  const auto counts = column_counts(sets->trials, columns), seen = column_counts(own, columns);
  const auto fold = trial_folds(training, static_cast<int>(options.folds), options.seed);
  evaluation.choice_ridges = cross_validate_counts(sets->trials, counts, fold,
                                                   options.behaviour_ridge, count_ridges, workers);
  std::vector<std::size_t> answered;
  for (std::size_t n = 0; n < training.trials(); ++n)
    if (training.responded(n)) answered.push_back(n);
  const CountLogistic on_counts(sets->trials, counts, answered, options.behaviour_ridge,
                                best_ridge(evaluation.choice_ridges), workers);
  scores.push_back(
      judged.score("logistic regression on counts", judged.of_odds(data, [&](std::size_t n) {
        return on_counts.log_odds(own.stimulus[n], seen, n);
      })));
}

}  // namespace nnpoisson
