#include "nnpoisson/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "commands.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct PredictArguments {
  std::filesystem::path model, data, stimuli, out;
  std::string times;
  PredictOptions predict;
  bool trials = false;
};

/// "FROM:UNTIL:STEP", both ends included.
std::vector<double> grid(const std::string& text) {
  double from = 0, until = 0, step = 0;
  char more = 0;
  const bool read = std::sscanf(text.c_str(), "%lf:%lf:%lf%c", &from, &until, &step, &more) == 3;
  if (!(read && std::isfinite(until - from) && until >= from && step > 0 &&
        (until - from) / step < 1e6))
    throw UsageError(
        "--times: must be FROM:UNTIL:STEP in seconds, for instance 0:0.4:0.01, not \"" + text +
        "\"");
  const auto steps =
      static_cast<std::size_t>(std::floor((until - from) / step * (1 + 1e-12) + 1e-9));
  std::vector<double> times;
  for (std::size_t k = 0; k <= steps; ++k)
    times.push_back(std::min(until, from + step * static_cast<double>(k)));
  return times;
}

void require_sources(const PredictArguments& options) {
  const bool more =
      !options.stimuli.empty() || options.predict.units || options.predict.observed_until != 0;
  if (options.trials && (options.data.empty() || more))
    throw UsageError(
        "predict: --trials takes its trials from --data, without --stimuli, --units and "
        "--observed-until");
  if (options.data.empty() == options.stimuli.empty())
    throw UsageError("predict: needs one of --data and --stimuli, to say for which stimuli");
}

/// The model's curves for stimuli.
void predict_stimuli(const PredictArguments& options, const Model& model) {
  const auto stimuli = options.data.empty() ? read_stimuli(model, options.stimuli)
                                            : distinct_stimuli(model, read_dataset(options.data));
  ProgressDisplay display(false);
  const Prediction prediction = predict(model, stimuli, options.predict, watch_on(display));
  write_prediction(options.out, prediction);
  fmt::print("{} stimuli, {} times, {} regions\n", prediction.size(), prediction.times.size(),
             prediction.region_names.size());
}

/// What the model makes of single trials.
void predict_single_trials(const PredictArguments& options, const Model& model) {
  ProgressDisplay display(false);
  const TrialPrediction prediction = predict_trials(
      model, read_dataset(options.data),
      {.times = options.predict.times, .threads = options.predict.threads}, watch_on(display));
  write_trial_prediction(options.out, prediction);
  fmt::print("{} trials, {} times\n", prediction.size(), prediction.times.size());
}

}  // namespace

void add_predict(CLI::App& app) {
  auto* command = app.add_subcommand(
      "predict",
      "Intensities, hazards, choice probability and response-time density for any stimuli");
  auto options = std::make_shared<PredictArguments>();
  command->add_option("--model", options->model, "Model of a run (model.h5)")->required();
  command->add_option("--data", options->data, "Dataset: predict for its distinct stimuli");
  command->add_option("--stimuli", options->stimuli,
                      "Text file (CSV) of stimuli; the first line names the features");
  command->add_flag("--trials", options->trials,
                    "Single trials of --data as their spikes come in (models by neuron)");
  command->add_option("--times", options->times,
                      "FROM:UNTIL:STEP, s from onset; by default 0 to the time limit in 100 steps, "
                      "with --trials in 20");
  command->add_option("--observed-until", options->predict.observed_until,
                      "Neural curves of a trial observed until then, s; by default the time limit");
  command->add_flag("--units", options->predict.units,
                    "Also every unit (models that have an intensity for each)");
  add_threads(*command, options->predict.threads);
  command->add_option("--out", options->out, "File to write: .h5, .csv or .npz")->required();
  command->callback([options] {
    require_different({options->model, options->data, options->stimuli, options->out});
    require_prediction_file(options->out);
    require_sources(*options);
    if (!options->times.empty()) options->predict.times = grid(options->times);
    const Model model = read_model(options->model);
    if (options->trials)
      predict_single_trials(*options, model);
    else
      predict_stimuli(*options, model);
  });
}

}  // namespace nnpoisson::command
