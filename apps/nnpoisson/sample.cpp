#include "nnpoisson/sample.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

constexpr std::size_t most_trials = 1000000;  // some 10 GB of spikes

struct SampleArguments {
  std::filesystem::path model, like, out;
  SampleOptions sample;
};

struct KnownOptions {
  std::size_t trials = 2000;
  SampleOptions sample;
  std::filesystem::path out, model_out;
};

void report(const Dataset& drawn) {
  fmt::print("{} trials, {} spikes, {} units\n", drawn.trials(), drawn.spike.time.size(),
             drawn.units());
}

void add_known(CLI::App& simulate) {
  auto* command = simulate.add_subcommand("known", "Draw from a known model of six regions");
  auto options = std::make_shared<KnownOptions>();
  command->add_option("--trials", options->trials, "Trials, divided between four sessions")
      ->check(CLI::Range(std::size_t{1}, most_trials))
      ->capture_default_str();
  command->add_option("--seed", options->sample.seed, "Same seed, same draw")
      ->check(seeds())
      ->capture_default_str();
  command->add_option("--out", options->out, "Dataset to write")->required();
  command->add_option("--model-out", options->model_out,
                      "Also write the model that the trials were drawn from");
  command->callback([options] {
    require_different({options->out, options->model_out});
    ProgressDisplay display(false);
    const Demonstration known = demonstration(options->trials);
    const Dataset drawn = sample(known.model, known.trials, options->sample, watch_on(display));
    write_dataset(options->out, drawn);
    if (!options->model_out.empty()) write_model(options->model_out, known.model);
    report(drawn);
  });
}

}  // namespace

void add_sample(CLI::App& app) {
  auto* command =
      app.add_subcommand("sample", "Draw spikes, choices and response times from a model");
  auto options = std::make_shared<SampleArguments>();
  command->add_option("--model", options->model, "Model of a run (model.h5)")->required();
  command
      ->add_option("--like", options->like, "Dataset whose sessions, units and stimuli to draw for")
      ->required();
  command->add_option("--seed", options->sample.seed, "Same seed, same draw")
      ->check(seeds())
      ->capture_default_str();
  command->add_option("--repeats", options->sample.repeats, "How often each trial is drawn")
      ->capture_default_str();
  add_threads(*command, options->sample.threads);
  command->add_option("--out", options->out, "Dataset to write")->required();
  command->callback([options] {
    require_different({options->model, options->like, options->out});
    ProgressDisplay display(false);
    const Dataset drawn = sample(read_model(options->model), read_dataset(options->like),
                                 options->sample, watch_on(display));
    write_dataset(options->out, drawn);
    report(drawn);
  });
}

void add_simulate(CLI::App& app) {
  auto* command = app.add_subcommand("simulate", "Make a dataset from nothing but a seed");
  command->require_subcommand(1);
  add_known(*command);
  add_wimmer(*command);
}

}  // namespace nnpoisson::command
