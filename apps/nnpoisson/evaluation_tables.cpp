#include "evaluation_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

// With more of them their table is not worth reading.
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

double predicted_share_of_left(const StimulusEvaluation& s) {
  return s.predicted_left / (s.predicted_left + s.predicted_right);
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
               cell(predicted_share_of_left(s)), cell(s.median_time),
               cell(s.predicted_median_time));
  }
}

std::string with_interval(const Estimate& e, int decimals) {
  const auto& [low, high] = e.interval;
  if (std::isnan(low)) return cell(e.value, decimals);
  return fmt::format("{} [{} {}]", cell(e.value, decimals), cell(low, decimals),
                     cell(high, decimals));
}

/// What the network is compared with here: the first model beside it. JSON and reports have all
/// pairs.
const SpikeScore& compared(const SpikeScores& scores) {
  return *std::find_if(scores.begin(), scores.end(),
                       [](const SpikeScore& score) { return score.model != SpikeModel::network; });
}

void print_row(const std::string& first, const SpikeScores& scores) {
  fmt::print("{:<14}", first);
  for (const auto& score : scores)
    if (score.model != SpikeModel::constant)
      fmt::print(" {:>26}", with_interval(score.bits_per_spike, 4));
  fmt::print(" {:>26}\n", with_interval(compared(scores).network_bits, 4));
}

/// The network beside its baselines; the constant rate is what the others are measured by.
void print_spike_models(const Evaluation& evaluation) {
  fmt::print(
      "\nbits a spike over the constant rate [95 % of resampled trials]; baselines fitted on "
      "{}\n{:<14}",
      evaluation.fitted_on, "region");
  for (const auto& score : evaluation.scores)
    if (score.model != SpikeModel::constant) fmt::print(" {:>26}", to_string(score.model));
  fmt::print(" {:>26}\n",
             std::string("network over ") + to_string(compared(evaluation.scores).model));
  for (const auto& region : evaluation.regions) print_row(region.name, region.scores);
  print_row("all", evaluation.scores);
}

void print_behaviour_models(const BehaviourEvaluation& b) {
  fmt::print("\n{:<22} {:>14} {:>22} {:>22} {:>22}\n", "choice, if answered", "log-likelihood",
             "bits a choice", "accuracy", "AUC");
  for (const auto& m : b.choice_models)
    fmt::print("{:<22} {:>14.1f} {:>22} {:>22} {:>22}\n", to_string(m.model), m.log_likelihood,
               with_interval(m.bits_per_choice, 3), with_interval(m.accuracy, 3),
               with_interval(m.auc, 3));
  fmt::print("calibration error {}\n\n", cell(b.calibration_error));
  fmt::print("{:<22} {:>14} {:>14} {:>22}\n", "choice and time", "log-lik. left", "right",
             "bits a trial");
  for (const auto& m : b.response_models)
    fmt::print("{:<22} {:>14.1f} {:>14.1f} {:>22}\n", to_string(m.model), m.log_likelihood[0],
               m.log_likelihood[1], with_interval(m.bits_per_trial, 3));
}

double sum(const std::array<double, 2>& both) {
  return both[0] + both[1];
}

void print_stimuli_of_both(const Evaluation& a, const Evaluation& b) {
  if (a.stimuli.size() > readable_rows) return;
  fmt::print("\n{:<24} {:>7} {:>6} {:>8} {:>8} {:>9} {:>8} {:>8}\n", "stimulus", "trials", "left",
             "a", "b", "median s", "a", "b");
  for (std::size_t i = 0; i < a.stimuli.size(); ++i) {
    const auto &x = a.stimuli[i], &y = b.stimuli[i];
    fmt::print("{:<24} {:>7} {:>6} {:>8} {:>8} {:>9} {:>8} {:>8}\n",
               fmt::format("{:.3g}", fmt::join(x.stimulus, " ")), x.trials,
               cell(static_cast<double>(x.left) / static_cast<double>(x.left + x.right)),
               cell(predicted_share_of_left(x)), cell(predicted_share_of_left(y)),
               cell(x.median_time), cell(x.predicted_median_time), cell(y.predicted_median_time));
  }
}

}  // namespace

void print_evaluation(const Evaluation& evaluation, bool binned) {
  print_regions(evaluation, binned);
  print_behaviour(evaluation.behaviour);
  print_stimuli(evaluation);
  if (evaluation.fitted_on.empty()) return;  // no baselines were wanted
  print_spike_models(evaluation);
  print_behaviour_models(evaluation.behaviour);
}

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
  print_stimuli_of_both(a, b);
}

}  // namespace nnpoisson::command
