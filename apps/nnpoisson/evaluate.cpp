#include "nnpoisson/evaluate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

struct EvaluateArguments {
  std::filesystem::path model, against, data, training, out;
  EvaluationOptions evaluation;
  bool no_baselines = false, json = false;
};

constexpr std::size_t readable_rows = 32;

/// Bits a spike: what a stimulus adds to a constant rate is often in the third decimal.
std::string bits(double value) {
  return cell(value, 4);
}

void print_regions(const Evaluation& evaluation, bool binned) {
  fmt::print("{:<14} {:>6} {:>10} {:>11} {:>9} {:>9} {:>14} {:>11} {:>8} {:>8}\n", "region",
             "units", "spikes", "expected", "Hz a unit", "null Hz", "log-likelihood", "bits/spike",
             "KS", "95 %");
  for (const auto& r : evaluation.regions)
    fmt::print("{:<14} {:>6} {:>10} {:>11.1f} {:>9} {:>9} {:>14.1f} {:>11} {:>8} {:>8}\n", r.name,
               r.units, r.spikes, r.expected, cell(static_cast<double>(r.spikes) / r.exposure),
               cell(r.null_rate), r.log_likelihood, bits(r.bits_per_spike), cell(r.ks),
               cell(r.ks_band));
  fmt::print("{:<14} {:>6} {:>10} {:>11} {:>9} {:>9} {:>14.1f} {:>11}\n", "all", "",
             evaluation.spikes, "", "", "", evaluation.log_likelihood,
             bits(evaluation.bits_per_spike));
  fmt::print("null: {}; KS: {}\n", evaluation.null,
             binned ? "needs spike times, these are counts"
                    : "rescaled intervals, corrected for the ends of trials");
}

void print_behaviour(const BehaviourEvaluation& b) {
  fmt::print("\nresponses inside the window: {} left, {} right of {} trials\n", b.left, b.right,
             b.trials);
  fmt::print(
      "  log-likelihood     {:.1f} left, {:.1f} right; {} bits a trial over constant hazards "
      "fitted on this dataset\n",
      b.log_likelihood[0], b.log_likelihood[1], cell(b.bits_per_trial));
  fmt::print("  choice             accuracy {} (base rate {}), AUC {}\n", cell(b.accuracy),
             cell(b.base_rate), cell(b.auc));
  fmt::print("  response time      median error {} s ({} s from one time for all)\n",
             cell(b.median_error), cell(b.null_median_error));
  fmt::print(
      "  as losses          exact {:.6g} left, {:.6g} right; authors {:.6g} left, {:.6g} right\n",
      b.exact_terms[0], b.exact_terms[1], b.authors_terms[0], b.authors_terms[1]);
}

/// The choice curve; recordings with a stimulus of its own for each trial have none worth reading
/// here.
void print_stimuli(const Evaluation& evaluation) {
  if (evaluation.stimuli.size() > readable_rows) return;
  fmt::print("\n{:<24} {:>7} {:>9} {:>6} {:>8} {:>9} {:>8}\n", "stimulus", "trials", "answered",
             "left", "model", "median s", "model");
  for (const auto& s : evaluation.stimuli) {
    const std::size_t answered = s.left + s.right;
    fmt::print("{:<24} {:>7} {:>9} {:>6} {:>8} {:>9} {:>8}\n",
               fmt::format("{:.3g}", fmt::join(s.stimulus, " ")), s.trials, answered,
               cell(static_cast<double>(s.left) / static_cast<double>(answered)),
               cell(s.predicted_left / (s.predicted_left + s.predicted_right)), cell(s.median_time),
               cell(s.predicted_median_time));
  }
}

std::string with_interval(const Estimate& e, int decimals) {
  const auto& [low, high] = e.interval;
  if (std::isnan(low)) return cell(e.value, decimals);
  return fmt::format("{} [{} {}]", cell(e.value, decimals), cell(low, decimals),
                     cell(high, decimals));
}

void print_row(const std::string& first, const std::vector<SpikeScore>& scores) {
  fmt::print("{:<14}", first);
  for (std::size_t m = 0; m + 1 < scores.size(); ++m)
    fmt::print(" {:>26}", with_interval(scores[m].bits_per_spike, 4));
  fmt::print(" {:>26}\n", with_interval(scores[1].network_bits, 4));
}

/// The network beside simpler models, and over the first of them; the last is the constant rate.
/// JSON and reports have all pairs.
void print_baselines(const Evaluation& evaluation) {
  fmt::print(
      "\nbits a spike over the constant rate [95 % of resampled trials]; baselines fitted on "
      "{}\n{:<14}",
      evaluation.fitted_on, "region");
  for (std::size_t m = 0; m + 1 < evaluation.models.size(); ++m)
    fmt::print(" {:>26}", evaluation.models[m]);
  fmt::print(" {:>26}\n", "network over " + evaluation.models[1]);
  for (const auto& region : evaluation.regions) print_row(region.name, region.scores);
  print_row("all", evaluation.scores);
}

void print_rivals(const BehaviourEvaluation& b) {
  fmt::print("\n{:<22} {:>14} {:>22} {:>22} {:>22}\n", "choice, if answered", "log-likelihood",
             "bits a choice", "accuracy", "AUC");
  for (const auto& m : b.choice_models)
    fmt::print("{:<22} {:>14.1f} {:>22} {:>22} {:>22}\n", m.name, m.log_likelihood,
               with_interval(m.bits_per_choice, 3), with_interval(m.accuracy, 3),
               with_interval(m.auc, 3));
  fmt::print("calibration error {}\n\n", cell(b.calibration_error));
  fmt::print("{:<22} {:>14} {:>14} {:>22}\n", "choice and time", "log-lik. left", "right",
             "bits a trial");
  for (const auto& m : b.response_models)
    fmt::print("{:<22} {:>14.1f} {:>14.1f} {:>22}\n", m.name, m.log_likelihood[0],
               m.log_likelihood[1], with_interval(m.bits_per_trial, 3));
}

double sum(const std::array<double, 2>& both) {
  return both[0] + both[1];
}

/// One model beside another, for instance a fit beside the model that its data were drawn from.
void print_comparison(const Evaluation& a, const Evaluation& b, const std::string& name_a,
                      const std::string& name_b) {
  fmt::print("a: {}\nb: {}\n\n{:<14} {:>9} {:>9} {:>9} {:>13} {:>13} {:>12} {:>12}\n", name_a,
             name_b, "region", "Hz a unit", "Hz a", "Hz b", "log-lik. a", "log-lik. b",
             "bits/spike a", "bits/spike b");
  for (std::size_t g = 0; g < a.regions.size(); ++g) {
    const auto &x = a.regions[g], &y = b.regions[g];
    fmt::print("{:<14} {:>9} {:>9} {:>9} {:>13.1f} {:>13.1f} {:>12} {:>12}\n", x.name,
               cell(static_cast<double>(x.spikes) / x.exposure), cell(x.expected / x.exposure),
               cell(y.expected / y.exposure), x.log_likelihood, y.log_likelihood,
               bits(x.bits_per_spike), bits(y.bits_per_spike));
  }
  const double action_a = sum(a.behaviour.log_likelihood),
               action_b = sum(b.behaviour.log_likelihood);
  fmt::print("{:<44} {:>13.1f} {:>13.1f}\n", "all regions", a.log_likelihood, b.log_likelihood);
  fmt::print("{:<44} {:>13.1f} {:>13.1f}\n", "choices and response times", action_a, action_b);
  const double all_a = a.log_likelihood + action_a, all_b = b.log_likelihood + action_b;
  fmt::print("{:<44} {:>13.1f} {:>13.1f}   a is {:+.3f} % of b\n", "together", all_a, all_b,
             100 * (all_a - all_b) / std::abs(all_b));
  fmt::print("choice AUC {} a, {} b; accuracy {} a, {} b\n", cell(a.behaviour.auc),
             cell(b.behaviour.auc), cell(a.behaviour.accuracy), cell(b.behaviour.accuracy));
  if (a.stimuli.size() > readable_rows) return;
  const auto left = [](const StimulusEvaluation& s) {
    return s.predicted_left / (s.predicted_left + s.predicted_right);
  };
  fmt::print("\n{:<24} {:>7} {:>6} {:>8} {:>8} {:>9} {:>8} {:>8}\n", "stimulus", "trials", "left",
             "a", "b", "median s", "a", "b");
  for (std::size_t i = 0; i < a.stimuli.size(); ++i) {
    const auto &x = a.stimuli[i], &y = b.stimuli[i];
    fmt::print("{:<24} {:>7} {:>6} {:>8} {:>8} {:>9} {:>8} {:>8}\n",
               fmt::format("{:.3g}", fmt::join(x.stimulus, " ")), x.trials,
               cell(static_cast<double>(x.left) / static_cast<double>(x.left + x.right)),
               cell(left(x)), cell(left(y)), cell(x.median_time), cell(x.predicted_median_time),
               cell(y.predicted_median_time));
  }
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto* command = app.add_subcommand("evaluate", "Say how well a model describes a dataset");
  auto options = std::make_shared<EvaluateArguments>();
  command->add_option("--model", options->model, "Model of a run (model.h5)")->required();
  command->add_option("--data", options->data, "Dataset (layout 1)")->required();
  command->add_option("--against", options->against, "A second model: print both side by side");
  command->add_option("--out", options->out, "Also write the metrics to this file (JSON)");
  auto& settings = options->evaluation;
  command->add_option(
      "--train", options->training,
      "Fit the simpler models on this dataset, else by cross-validation over --data");
  command->add_flag("--no-baselines", options->no_baselines, "Leave the simpler models out");
  command
      ->add_option("--bins", settings.bins,
                   "Bins of time, about: PSTHs, pseudo-R2, the baselines' time")
      ->capture_default_str();
  command->add_option("--folds", settings.folds, "Folds of the cross-validation")
      ->capture_default_str();
  command->add_option("--bases", settings.bases, "Raised cosines of the Poisson GLM")
      ->capture_default_str();
  command->add_option("--ridge", settings.glm_ridge, "Ridge of the Poisson GLM")
      ->capture_default_str();
  command
      ->add_option("--rival-ridge", settings.rival_ridge,
                   "Ridge of logistic regression and log-normal race")
      ->capture_default_str();
  command->add_option("--resamples", settings.resamples, "Of trials, for intervals; 0: none")
      ->capture_default_str();
  command->add_option("--seed", settings.seed, "Of folds and resamples")->capture_default_str();
  add_threads(*command, settings.threads);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] {
    require_different({options->model, options->data, options->training, options->out});
    const Model model = read_model(options->model);
    const Dataset data = read_dataset(options->data);
    auto& chosen = options->evaluation;
    chosen.baselines = !options->no_baselines;
    std::optional<Dataset> training;
    if (!options->training.empty()) {
      training = read_dataset(options->training);
      chosen.training = &*training;
      chosen.training_file = options->training.string();
    }
    const Evaluation evaluation = evaluate(model, data, chosen, options->data.string());
    if (!options->out.empty()) write_evaluation(options->out, evaluation);
    if (!options->against.empty()) {
      const Evaluation other =
          evaluate(read_model(options->against), data, chosen, options->data.string());
      return print_comparison(evaluation, other, options->model.string(),
                              options->against.string());
    }
    if (options->json) return fmt::print("{}", to_json(evaluation));
    print_regions(evaluation, data.binned());
    print_behaviour(evaluation.behaviour);
    print_stimuli(evaluation);
    if (evaluation.fitted_on.empty()) return;
    print_baselines(evaluation);
    print_rivals(evaluation.behaviour);
  });
}

}  // namespace nnpoisson::command
