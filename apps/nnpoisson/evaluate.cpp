#include "nnpoisson/evaluate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

struct Options {
  std::filesystem::path model, data, out;
  int threads = 0;
  bool json = false;
};

/// A number with three decimals, or a dash where the dataset gives none.
std::string cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3f}", value); }

void print_regions(const Evaluation& evaluation, bool binned) {
  fmt::print("{:<14} {:>6} {:>10} {:>11} {:>9} {:>9} {:>14} {:>11} {:>8} {:>8}\n", "region", "units", "spikes", "expected", "Hz a unit",
             "null Hz", "log-likelihood", "bits/spike", "KS", "95 %");
  for (const auto& r : evaluation.regions)
    fmt::print("{:<14} {:>6} {:>10} {:>11.1f} {:>9} {:>9} {:>14.1f} {:>11} {:>8} {:>8}\n", r.name, r.units, r.spikes, r.expected,
               cell(static_cast<double>(r.spikes) / r.exposure), cell(r.null_rate), r.log_likelihood, cell(r.bits_per_spike), cell(r.ks),
               cell(r.ks_band));
  fmt::print("{:<14} {:>6} {:>10} {:>11} {:>9} {:>9} {:>14.1f} {:>11}\n", "all", "", evaluation.spikes, "", "", "",
             evaluation.log_likelihood, cell(evaluation.bits_per_spike));
  fmt::print("null: {}; KS: {}\n", evaluation.null,
             binned ? "needs spike times, these are counts" : "rescaled intervals, corrected for the ends of trials");
}

void print_behaviour(const BehaviourEvaluation& b) {
  fmt::print("\nresponses inside the window: {} left, {} right of {} trials\n", b.left, b.right, b.trials);
  fmt::print("  log-likelihood     {:.1f} left, {:.1f} right; {} bits a trial over constant hazards fitted on this dataset\n",
             b.log_likelihood[0], b.log_likelihood[1], cell(b.bits_per_trial));
  fmt::print("  choice             accuracy {} (base rate {}), AUC {}\n", cell(b.accuracy), cell(b.base_rate), cell(b.auc));
  fmt::print("  response time      median error {} s ({} s from one time for all)\n", cell(b.median_error), cell(b.null_median_error));
  fmt::print("  as losses          exact {:.6g} left, {:.6g} right; authors {:.6g} left, {:.6g} right\n", b.exact_terms[0],
             b.exact_terms[1], b.authors_terms[0], b.authors_terms[1]);
}

/// The choice curve; recordings with a stimulus of its own for each trial have none worth reading here.
void print_stimuli(const Evaluation& evaluation) {
  constexpr std::size_t readable = 32;
  if (evaluation.stimuli.size() > readable) return;
  fmt::print("\n{:<24} {:>7} {:>9} {:>6} {:>8} {:>9} {:>8}\n", "stimulus", "trials", "answered", "left", "model", "median s", "model");
  for (const auto& s : evaluation.stimuli) {
    const std::size_t answered = s.left + s.right;
    fmt::print("{:<24} {:>7} {:>9} {:>6} {:>8} {:>9} {:>8}\n", fmt::format("{:.3g}", fmt::join(s.stimulus, " ")), s.trials, answered,
               cell(static_cast<double>(s.left) / static_cast<double>(answered)),
               cell(s.predicted_left / (s.predicted_left + s.predicted_right)), cell(s.median_time), cell(s.predicted_median_time));
  }
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto* command = app.add_subcommand("evaluate", "Say how well a model describes a dataset");
  auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "Model of a run (model.h5)")->required();
  command->add_option("--data", options->data, "Dataset (layout 1)")->required();
  command->add_option("--out", options->out, "Also write the metrics to this file (JSON)");
  command->add_option("--threads", options->threads, "0: one for each processor")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] {
    const Model model = read_model(options->model);
    const Dataset data = read_dataset(options->data);
    const Evaluation evaluation = evaluate(model, data, options->data.string(), options->threads);
    if (!options->out.empty()) write_evaluation(options->out, evaluation);
    if (options->json) return fmt::print("{}", to_json(evaluation));
    print_regions(evaluation, data.binned());
    print_behaviour(evaluation.behaviour);
    print_stimuli(evaluation);
  });
}

}  // namespace nnpoisson::command
