#include "nnpoisson/wimmer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

constexpr std::size_t most_wimmer_trials = 1000000;

struct WimmerOptions {
  wimmer::Request request;
  std::vector<double> window;
  DevicesOption devices;
  bool train_test = false, quiet = false;
};

/// data.h5 -> data-train.h5
std::filesystem::path with_suffix(const std::filesystem::path& file, const char* suffix) {
  return file.parent_path() / (file.stem().string() + suffix + file.extension().string());
}

wimmer::Outcome simulate(const wimmer::Request& request, bool quiet) {
  ProgressDisplay display(quiet);
  const auto show = [&display](const Progress& now) {
    display.show(now.done, now.all, now.seconds,
                 fmt::format("trial {}/{}  {} left", now.done, now.all, clock(now.seconds_left)));
  };
  try {
    return wimmer::simulate(request, {show, &stop_on_signals()});
  } catch (const wimmer::SimulationInterrupted& interrupted) {
    display.message(
        fmt::format("interrupted after {} trials; the same command continues", interrupted.trials));
    throw;
  }
}

void run(WimmerOptions options) {
  wimmer::Request& request = options.request;
  if (!options.window.empty()) {
    request.conditions.stimulus_from = options.window[0];
    request.conditions.stimulus_until = options.window[1];
  }
  if (options.train_test) {
    if (request.test_trials == 0) request.test_trials = (request.trials + 1) / 2;
    request.test_out = with_suffix(request.out, "-test");
    request.out = with_suffix(request.out, "-train");
  } else if (request.test_trials > 0) {
    throw UsageError("--test-trials is of --train-test; leave one out or give both");
  }
  if (!request.picture_trials.empty() && request.pictures.empty())
    throw UsageError("--plot-trials needs --plot, the folder for the pictures");
  request.devices = options.devices.numbers(request.backend);
  require_different({request.out, request.test_out, request.raw, request.pictures});

  const auto outcome = simulate(request, options.quiet);
  if (options.quiet) return;
  if (outcome.resumed > 0)
    fmt::print("{} of the trials are of an interrupted run\n", outcome.resumed);
  fmt::print("{} trials, {} spikes, {} units; {} right, {} left, {} undecided; on {}\n",
             outcome.trials, outcome.spikes, outcome.units, outcome.right, outcome.left,
             outcome.none, outcome.backend);
}

void add_trials(CLI::App& command, WimmerOptions& options) {
  wimmer::Request& request = options.request;
  command.add_option("--out", request.out, "Dataset to write (layout 1)")->required();
  command
      .add_option("--trials", request.trials, "Trials; trial n has coherence n modulo their number")
      ->check(CLI::Range(std::size_t{1}, most_wimmer_trials))
      ->capture_default_str();
  command.add_flag("--train-test", options.train_test,
                   "Write OUT-train.h5 and, of further trials, OUT-test.h5");
  command
      .add_option("--test-trials", request.test_trials,
                  "With --train-test (default: half of --trials)")
      ->check(CLI::Range(std::size_t{1}, most_wimmer_trials));
}

void add_conditions(CLI::App& command, WimmerOptions& options) {
  wimmer::Conditions& conditions = options.request.conditions;
  command
      .add_option("--coherence", conditions.coherences,
                  "List, each from -1 to 1; above 0 favours DE1, right")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--feedback", conditions.feedback,
                  "Strength of the integration circuit onto the sensory one")
      ->capture_default_str();
  command.add_option("--duration", conditions.duration, "Of a trial, s")->capture_default_str();
  command
      .add_option("--stimulus-window", options.window,
                  "Begin and end of the stimulus, s from the trial's start (default 0.5,2.5)")
      ->delimiter(',')
      ->expected(2);

  command
      .add_option("--stimulus-sd", conditions.stimulus_sd,
                  "Of its common and of its private fluctuations, relative to its mean")
      ->capture_default_str();
  command
      .add_option("--sensory-rate", conditions.sensory_rate,
                  "Hz, of each of the 1,000 neurons that drive the sensory circuit")
      ->capture_default_str();
  command
      .add_option("--external-rate", conditions.external_rate,
                  "Hz, into each neuron of the integration circuit (DE1, DE2: 8 less)")
      ->capture_default_str();

  command.add_flag("--network-per-trial", conditions.network_per_trial,
                   "Draw the synapses anew for each trial");
  command.add_option("--seed", conditions.seed, "Same seed, same spikes")
      ->check(seeds())
      ->capture_default_str();
  add_choice(command, "--precision", conditions.precision,
             {Precision::single_precision, Precision::double_precision},
             "float (default) or double");
}

void add_files(CLI::App& command, WimmerOptions& options) {
  wimmer::Request& request = options.request;
  add_choice(command, "--record", request.record, {wimmer::Record::full, wimmer::Record::sample},
             "full (default): all neurons; sample: a third of them, and decisions from a third of "
             "DE1 and DE2");
  command.add_option("--raw", request.raw, "Also write every spike of the whole run (HDF5)");
  command.add_option("--plot", request.pictures,
                     "Also write rates and raster of trials into this folder (SVG)");
  command
      .add_option("--plot-trials", request.picture_trials,
                  "Which trials (default: the first of each coherence)")
      ->delimiter(',');
}

void add_machine(CLI::App& command, WimmerOptions& options) {
  BackendOptions& backend = options.request.backend;
  command.add_option_function<std::string>(
      "--backend", [&backend](const std::string& name) { backend.kind = backend_kind(name); },
      "auto (default), cpu or cuda; same spikes");
  options.devices.add(command, DevicesOption::Takes::several);
  command
      .add_option("--threads", backend.threads, "Trials side by side; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--instruction-set", backend.instruction_set,
                     "sse2, avx2 or avx512 (default: the machine's best); same spikes");
}

}  // namespace

void add_wimmer(CLI::App& simulate) {
  auto* command = simulate.add_subcommand(
      "wimmer", "Simulate the decision network of Wimmer et al. (2015), see docs/synthetic.md");
  auto options = std::make_shared<WimmerOptions>();
  add_trials(*command, *options);
  add_conditions(*command, *options);
  add_files(*command, *options);
  add_machine(*command, *options);
  command->add_flag("--quiet", options->quiet, "No progress, no summary");
  command->callback([options] { run(*options); });
}

}  // namespace nnpoisson::command
