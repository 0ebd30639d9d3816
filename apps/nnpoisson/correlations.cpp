#include "nnpoisson/correlations.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "nnpoisson/error.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct CorrelationsArguments {
  std::filesystem::path model, data, out;
  std::vector<std::string> windows;
  CorrelationOptions correlations;
  bool json = false;
};

constexpr std::size_t readable_regions = 10;

Window window_of(const std::string& text) {
  Window window;
  char more = 0;
  if (std::sscanf(text.c_str(), "%lf:%lf%c", &window.from, &window.until, &more) != 2)
    throw UsageError("--window: must be FROM:UNTIL in seconds, for instance 0.1:0.3, not \"" +
                     text + "\"");
  return window;
}

std::string cells(const Comparison& comparison, bool sampled) {
  const auto measured = [](const Measurement& m) {
    return fmt::format("{:>8} {:>8}", cell(m.value, 4), cell(m.standard_error, 4));
  };
  return measured(comparison.observed) + fmt::format(" {:>8}", cell(comparison.implied, 4)) +
         (sampled ? " " + measured(comparison.sampled) : "");
}

/// The heads of the numbers that `cells` gives.
std::string heads(bool sampled) {
  return fmt::format("{:>8} {:>8} {:>8}{}", "observed", "s.e.", "model",
                     sampled ? fmt::format(" {:>8} {:>8}", "sampled", "s.e.") : "");
}

void print_correlations(const Correlations& all, const WindowCorrelations& window) {
  const bool sampled = all.sampled_trials > 0;
  const bool every = all.region_names.size() <= readable_regions;
  fmt::print("{:g} to {:g} s\n\nnoise correlations at fixed stimulus, {} trials{}\n",
             window.window.from, window.window.until, window.trials,
             every ? "" : " (pairs of different regions: --json)");
  fmt::print("{:<20} {:>10} {}   {}\n", "regions", "unit pairs", heads(sampled), heads(sampled));

  for (const auto& pair : window.pairs) {
    if (pair.unit_pairs == 0 || !(every || pair.first == pair.second)) continue;
    const auto& first = all.region_names[pair.first];
    fmt::print("{:<20} {:>10} {}   {}\n",
               pair.first == pair.second ? first : first + " " + all.region_names[pair.second],
               pair.unit_pairs, cells(pair.units, sampled), cells(pair.populations, sampled));
  }
}

void print_choices(const Correlations& all, const WindowCorrelations& window) {
  const bool sampled = all.sampled_trials > 0;
  fmt::print(
      "\nchoice probabilities at fixed stimulus, {} trials; above 0.5: more spikes before "
      "choices to the left\n",
      window.choices);
  fmt::print("{:<20} {:>10} {}   {}\n", "region", "units", heads(sampled), heads(sampled));
  for (const auto& region : window.regions)
    if (region.units > 0)
      fmt::print("{:<20} {:>10} {}   {}\n", all.region_names[region.region], region.units,
                 cells(region.mean_unit, sampled), cells(region.population, sampled));
  fmt::print("\n");
}

void print(const Correlations& all) {
  for (const auto& window : all.windows) {
    print_correlations(all, window);
    print_choices(all, window);
  }
  fmt::print(
      "left columns: mean over pairs of units, over units; right: summed counts of a region's "
      "units\n");
}

}  // namespace

void add_correlations(CLI::App& app) {
  auto* command = app.add_subcommand(
      "correlations",
      "Noise correlations and choice probabilities, observed and implied by a model");
  auto options = std::make_shared<CorrelationsArguments>();
  command->add_option("--model", options->model, "Model of a run (model.h5)")->required();
  command->add_option("--data", options->data, "Dataset (layout 1)")->required();
  command->add_option(
      "--window", options->windows,
      "FROM:UNTIL, s: count spikes there; may be given again; by default 0 to the time limit");
  command
      ->add_option("--samples", options->correlations.repeats,
                   "Also draw every trial this often from the model, and count those spikes")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--seed", options->correlations.seed, "Of --samples")
      ->check(seeds())
      ->capture_default_str();
  command->add_flag("--units", options->correlations.units,
                    "Also the choice probability of every unit (JSON)");
  add_threads(*command, options->correlations.threads);
  command->add_option("--out", options->out, "Also write the numbers to this file (JSON)");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] {
    require_different({options->model, options->data, options->out});
    for (const auto& text : options->windows)
      options->correlations.windows.push_back(window_of(text));

    ProgressDisplay display(false);
    const Correlations all = correlations(read_model(options->model), read_dataset(options->data),
                                          options->correlations, watch_on(display));
    if (!options->out.empty()) write_correlations(options->out, all);
    if (options->json) return fmt::print("{}", to_json(all));
    print(all);
  });
}

}  // namespace nnpoisson::command
