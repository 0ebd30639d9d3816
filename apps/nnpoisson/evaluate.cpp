#include "nnpoisson/evaluate.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "evaluation_tables.hpp"
#include "neuron_tables.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct EvaluateArguments {
  std::filesystem::path model, against, data, training, out;
  EvaluationOptions evaluation;
  bool no_baselines = false, json = false, quiet = false;
};

void add_evaluate_options(CLI::App& command, EvaluateArguments& options) {
  command.add_option("--model", options.model, "Model of a run (model.h5)")->required();
  command.add_option("--data", options.data, "Dataset (layout 1)")->required();
  command.add_option("--against", options.against, "A second model: print both side by side");
  command.add_option("--out", options.out, "Also write the metrics to this file (JSON)");
  command.add_option(
      "--train", options.training,
      "Fit the baselines on this dataset, else by cross-validation over --data (preset neurons: "
      "else there are none)");
  command.add_flag("--no-baselines", options.no_baselines, "Leave the baselines out");

  auto& settings = options.evaluation;
  const auto add = [&](const char* names, auto& value, const char* help) {
    command.add_option(names, value, help)->capture_default_str();
  };
  add("--bins", settings.bins, "Bins of time, about: PSTHs, pseudo-R2, the baselines' time");
  add("--folds", settings.folds, "Folds of the cross-validation");
  add("--bases", settings.bases, "Raised cosines of the Poisson GLM");
  add("--ridge", settings.glm_ridge, "Ridge of the Poisson GLM");
  add("--behaviour-ridge,--rival-ridge", settings.behaviour_ridge,
      "Ridge of logistic regression and log-normal race");
  add("--resamples", settings.resamples, "Of trials, for intervals; 0: none");
  add("--seed", settings.seed, "Of folds and resamples");
  add_threads(command, settings.threads);
  command.add_flag("--json", options.json, "Print JSON");
  command.add_flag("--quiet", options.quiet, "No progress");
}

/// Beside the second model.
void print_against(const Evaluation& evaluation, const EvaluateArguments& options,
                   const Dataset& data, const Watch& watch) {
  const Model second = read_model(options.against);
  const bool by_neuron = second.preset == Preset::neurons;
  if (by_neuron != evaluation.neurons.has_value())
    throw UsageError(
        "--against: one of the models is of preset neurons, the other is not; what is "
        "said of them cannot be compared");
  EvaluationOptions chosen = options.evaluation;
  if (by_neuron) chosen.baselines = false;  // those of the first will do
  const Evaluation other = evaluate(second, data, chosen, watch);
  const std::string a = options.model.string(), b = options.against.string();
  if (by_neuron)
    print_neuron_comparison(*evaluation.neurons, *other.neurons, a, b);
  else
    print_comparison(evaluation, other, a, b);
}

void run_evaluate(EvaluateArguments& options) {
  require_different({options.model, options.data, options.training, options.out});
  const Model model = read_model(options.model);
  const Dataset data = read_dataset(options.data);
  std::optional<Dataset> training;
  if (!options.training.empty()) training = read_dataset(options.training);

  auto& chosen = options.evaluation;
  chosen.baselines = !options.no_baselines;
  chosen.training = training ? &*training : nullptr;
  ProgressDisplay display(options.quiet);
  const Watch watch = watch_on(display);
  const Evaluation evaluation = evaluate(model, data, chosen, watch);
  if (!options.out.empty()) write_evaluation(options.out, evaluation);

  if (!options.against.empty()) {
    print_against(evaluation, options, data, watch);
  } else if (options.json) {
    fmt::print("{}", to_json(evaluation));
  } else if (evaluation.neurons) {
    print_neurons(*evaluation.neurons);
  } else {
    print_evaluation(evaluation, data.binned());
  }
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto* command = app.add_subcommand("evaluate", "Say how well a model describes a dataset");
  auto options = std::make_shared<EvaluateArguments>();
  add_evaluate_options(*command, *options);
  command->callback([options] { run_evaluate(*options); });
}

}  // namespace nnpoisson::command
