#include "neuron_tables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

std::string with_error(const TrialMean& mean, int decimals) {
  if (std::isnan(mean.value)) return cell(mean.value, decimals);
  return fmt::format("{} +- {}", cell(mean.value, decimals), cell(mean.error, decimals));
}

void print_spikes(const NeuronEvaluation& evaluation) {
  fmt::print(
      "bits a spike over each unit's constant rate on the training set, +- standard error "
      "over trials\n{:<20} {:>6} {:>10} {:>19} {:>28}\n",
      "region", "units", "spikes", "alone", "given the other units' spikes");
  for (const auto& region : evaluation.regions)
    fmt::print("{:<20} {:>6} {:>10.0f} {:>19} {:>28}\n", region.name, region.units,
               region.score.spikes, with_error(region.score.bits, 4),
               with_error(region.score.bits_given_others, 4));
  const auto& all = evaluation.spikes;
  fmt::print("{:<20} {:>6} {:>10.0f} {:>19}\n", "all", evaluation.units.size(), all.spikes,
             with_error(all.bits, 4));
}

void print_later_behaviour(const NeuronEvaluation& evaluation) {
  fmt::print(
      "\nchoice and response time, nats a trial over constant hazards\n{:<20} {:>8} {:>18} "
      "{:>18} {:>18}\n",
      "given spikes before", "trials", "alone", "given spikes", "difference");
  for (const auto& score : evaluation.behaviour)
    fmt::print("{:<20} {:>8} {:>18} {:>18} {:>18}\n",
               std::isinf(score.from) ? "the trial's end" : fmt::format("{:.3g} s", score.from),
               score.trials, with_error(score.alone, 3), with_error(score.given_spikes, 3),
               with_error(score.of_spikes, 3));
}

void print_choices(const NeuronEvaluation& evaluation) {
  fmt::print("\nchoice given its response time, {} answered trials\n", evaluation.answered);
  if (evaluation.answered == 0) return;
  fmt::print("{:<32} {:>18} {:>18} {:>26}\n", "", "nats a choice", "accuracy",
             "model given spikes over it");
  for (const auto& score : evaluation.choice)
    fmt::print("{:<32} {:>18} {:>18} {:>26}\n", score.name, with_error(score.log_likelihood, 3),
               with_error(score.accuracy, 3), with_error(score.model_over, 3));
}

void print_baselines(const NeuronEvaluation& evaluation) {
  if (evaluation.baselines.empty()) return;
  fmt::print("\nbaselines by unit, fitted on {}\n{:<32} {:>8} {:>19} {:>26}\n",
             evaluation.fitted_on, "", "ridge", "bits a spike", "model over it");
  for (const auto& score : evaluation.baselines)
    fmt::print("{:<32} {:>8} {:>19} {:>26}\n", score.name, score.ridge, with_error(score.bits, 4),
               with_error(score.model_over, 4));
}

std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b, double unit) {
  std::vector<double> difference;
  for (std::size_t n = 0; n < a.size(); ++n) difference.push_back((a[n] - b[n]) / unit);
  return difference;
}

}  // namespace

void print_neurons(const NeuronEvaluation& evaluation) {
  print_spikes(evaluation);
  print_later_behaviour(evaluation);
  print_choices(evaluation);
  print_baselines(evaluation);
}

void print_held_out(const NeuronEvaluation& evaluation) {
  fmt::print("held out: {} bits a spike over constant rates, {} over a GLM by unit\n",
             with_error(evaluation.spikes.bits, 4),
             with_error(evaluation.baselines.at(0).model_over, 4));
}

void print_neuron_comparison(const NeuronEvaluation& a, const NeuronEvaluation& b,
                             const std::string& name_a, const std::string& name_b) {
  fmt::print("a: {}\nb: {}\n\n{:<44} {:>19} {:>19} {:>19}\n", name_a, name_b, "", "a", "b",
             "a over b");
  const auto row = [](const std::string& what, const TrialMean& x, const TrialMean& y,
                      const TrialMean& difference) {
    fmt::print("{:<44} {:>19} {:>19} {:>19}\n", what, with_error(x, 4), with_error(y, 4),
               with_error(difference, 4));
  };
  const auto &x = a.trial, &y = b.trial;
  row("bits a spike", a.spikes.bits, b.spikes.bits,
      trial_ratio(minus(x.log_likelihood, y.log_likelihood, std::numbers::ln2), x.spikes));
  row("behaviour alone, nats a trial", a.behaviour.front().alone, b.behaviour.front().alone,
      trial_mean(minus(x.behaviour_alone, y.behaviour_alone, 1)));
  row("behaviour given spikes, nats a trial", a.behaviour.front().given_spikes,
      b.behaviour.front().given_spikes,
      trial_mean(minus(x.behaviour_given_spikes, y.behaviour_given_spikes, 1)));

  const auto over = [&](const NeuronEvaluation& model, const NeuronBaselineScore& baseline) {
    return with_error(
        trial_ratio(minus(model.trial.log_likelihood, baseline.log_likelihood, std::numbers::ln2),
                    x.spikes),
        4);
  };
  for (const auto& baseline : a.baselines)
    fmt::print("{:<44} {:>19} {:>19}\n", "bits a spike over " + baseline.name, over(a, baseline),
               over(b, baseline));
}

}  // namespace nnpoisson::command
