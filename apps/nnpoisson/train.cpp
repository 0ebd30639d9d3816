#include "nnpoisson/train.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>

#include "commands.hpp"
#include "fit_options.hpp"
#include "neuron_tables.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/model.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct TrainOptions {
  TrainRequest request;
  FitCommandOptions fit;
  std::string test, init;
  bool quiet = false;
};

std::string losses(const TrainProgress& p) {
  std::string text = fmt::format("train {:.4g}", p.train_total);
  if (!std::isnan(p.validation_total))
    text += fmt::format("  validation {:.6g}", p.validation_total);
  if (!std::isnan(p.test_total)) text += fmt::format("  test {:.6g}", p.test_total);
  return text;
}

/// Judges a fit by neuron on its test set.
void judge(const TrainRequest& request, const Watch& watch) {
  const Dataset test = read_dataset(*request.test);
  const Model model = read_model(request.run / "model.h5");
  const Dataset training = read_dataset(request.train);
  const Evaluation evaluation = evaluate(
      model, test,
      {.training = &training, .all_baselines = false, .threads = request.backend.threads}, watch);
  print_held_out(*evaluation.neurons);
}

void run(TrainOptions& options) {
  TrainRequest& request = options.request;
  request.settings = options.fit.settings();
  request.backend = options.fit.backend();
  request.mode = options.fit.folder_mode();
  if (!options.test.empty()) request.test = options.test;
  if (!options.init.empty()) request.init = options.init;

  ProgressDisplay display(options.quiet);
  const auto show = [&](const TrainProgress& p) {
    display.show(static_cast<std::size_t>(p.iteration), static_cast<std::size_t>(p.iterations),
                 p.seconds,
                 fmt::format("iteration {}/{}  {}  {:.3g} spikes/s  {} left", p.iteration,
                             p.iterations, losses(p), p.spikes_per_second, clock(p.seconds_left)));
  };
  const auto outcome = train(request, stop_on_signals(), show,
                             [&](const std::string& text) { display.message(text); });

  if (outcome.interrupted) {
    display.message(
        fmt::format("interrupted after iteration {}; continue with the same command and --resume",
                    outcome.iterations));
    throw CLI::RuntimeError(signal_status());
  }
  if (!options.quiet)
    fmt::print("{} iterations, {:.3g} spikes/s in training, {}; {}\n", outcome.iterations,
               outcome.spikes_per_second, outcome.backend, (request.run / "model.h5").string());
  if (!options.quiet && request.test && request.settings.preset == Preset::neurons)
    judge(request, watch_on(display));
}

}  // namespace

void add_train(CLI::App& app) {
  auto* command =
      app.add_subcommand("train", "Fit the network to a dataset and leave a run folder");
  auto options = std::make_shared<TrainOptions>();
  command->add_option("--train", options->request.train, "Training set (layout 1)")->required();
  command->add_option("--test", options->test, "Test set, evaluated after every iteration");
  command->add_option("--out", options->request.run, "Run folder to make")->required();
  command->add_option("--init", options->init,
                      "Weights to start from: model.h5 or a Keras weight file");
  options->fit.add(*command, "Initial weights, batches, validation trials (default 0)",
                   DevicesOption::Takes::one);
  options->fit.add_folder_mode(*command, "Continue from the run folder's checkpoint",
                               "Replace the run in the folder");
  command
      ->add_option(
          "--checkpoint-seconds", options->request.checkpoint_seconds,
          "At least so long between checkpoints, each at an iteration's end; 0: after every one")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "No progress, no summary");
  command->callback([options] { run(*options); });
}

}  // namespace nnpoisson::command
