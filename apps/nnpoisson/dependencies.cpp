#include "nnpoisson/dependencies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "neuron_dependency_tables.hpp"
#include "progress.hpp"

namespace nnpoisson::command {
namespace {

struct DependenciesArguments {
  std::vector<std::filesystem::path> models;
  std::filesystem::path data, out;
  std::string lesion = "stimulus";
  DependencyOptions dependencies;
  bool json = false;
};

constexpr std::size_t readable_stimuli = 8;

using Numbers = std::vector<double> DependencyMeasures::*;

/// A number with its standard error, where there are several models.
std::string measure_cell(const Dependencies& d, Numbers numbers, std::size_t i) {
  const double value = (d.mean.*numbers)[i], error = (d.standard_error.*numbers)[i];
  const bool spread = d.models > 1 && !std::isnan(value);
  return spread ? fmt::format("{:.3f} +- {:.3f}", value, error) : cell(value);
}

std::string names(const Dependencies& d, const std::vector<std::size_t>& regions) {
  std::vector<std::string> list;
  for (const auto g : regions) list.push_back(d.region_names[g]);
  return fmt::format("{}", fmt::join(list, " "));
}

void print_regions(const Dependencies& d) {
  const std::size_t G = d.region_names.size();
  fmt::print("{:<14} {:>16} {:>16} {:>16} {:>16} {:>16}\n", "", "share of", "share of", "choice",
             "median time", "onset");
  fmt::print("{:<14} {:>16} {:>16} {:>16} {:>16} {:>16}\n", "region", "left", "right", "without it",
             "without it, s", "s");
  for (std::size_t g = 0; g < G; ++g)
    fmt::print("{:<14} {:>16} {:>16} {:>16} {:>16} {:>16}\n", d.region_names[g],
               measure_cell(d, &DependencyMeasures::share, g),
               measure_cell(d, &DependencyMeasures::share, G + g),
               measure_cell(d, &DependencyMeasures::choice_change, g),
               measure_cell(d, &DependencyMeasures::median_change, g),
               measure_cell(d, &DependencyMeasures::onset, g));

  fmt::print("share: of the responses inside the window, the part that comes through the region\n");
  fmt::print("without it: mean change, of P(left) in size, where its z is held at its mean {}\n",
             d.lesion == Lesion::stimulus ? "over stimuli at each time" : "over stimuli and time");
  if (d.models > 1) fmt::print("+-: standard error over {} models\n", d.models);
  fmt::print("by onset: {}\nby influence: left {}; right {}\n", names(d, d.by_onset),
             names(d, d.by_influence[0]), names(d, d.by_influence[1]));
}

void print_stimuli(const Dependencies& d) {
  const std::size_t G = d.region_names.size(), S = d.stimuli.size();
  fmt::print("\nP(left) where a region is held\n{:<20} {:>7} {:>16}", "stimulus", "trials",
             "intact");
  for (const auto& name : d.region_names) fmt::print(" {:>16}", name);
  fmt::print("\n");

  for (std::size_t s = 0; s < S; ++s) {
    fmt::print("{:<20} {:>7} {:>16}", fmt::format("{:.3g}", fmt::join(d.stimuli[s], " ")),
               d.trials[s], measure_cell(d, &DependencyMeasures::left, s));
    for (std::size_t g = 0; g < G; ++g)
      fmt::print(" {:>16}", measure_cell(d, &DependencyMeasures::lesioned_left, g * S + s));
    fmt::print("\n");
  }
}

void print_dependencies(const Dependencies& d) {
  print_regions(d);
  if (d.stimuli.size() <= readable_stimuli) print_stimuli(d);
}
void print_dependencies(const NeuronDependencies& d) {
  print_information(d);
  if (!d.drive) return;
  fmt::print("\nregions that drive actions, at a latent of 0\n");
  print_dependencies(*d.drive);
}

template <class Result>
void hand_over(const DependenciesArguments& options, const Result& d) {
  if (!options.out.empty()) write_dependencies(options.out, d);
  if (options.json)
    fmt::print("{}", to_json(d));
  else
    print_dependencies(d);
}

}  // namespace

void add_dependencies(CLI::App& app) {
  auto* command = app.add_subcommand(
      "dependencies",
      "Which regions drive which action, and when; what spikes say of them (models by neuron)");
  auto options = std::make_shared<DependenciesArguments>();
  command
      ->add_option("--model", options->models,
                   "Model of a run (model.h5); again for fits of other seeds or folds")
      ->required();
  command
      ->add_option("--data", options->data,
                   "Dataset whose stimuli to average over (layout 1); of models by neuron "
                   "also spikes and behaviour are read")
      ->required();
  command
      ->add_option("--lesion", options->lesion,
                   "Hold a region's z at its mean over stimuli at each time (stimulus) or over "
                   "time too (constant)")
      ->check(CLI::IsMember({"stimulus", "constant"}))
      ->capture_default_str();
  command->add_option("--steps", options->dependencies.steps, "Of the time grid")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  add_threads(*command, options->dependencies.threads);
  command->add_option("--out", options->out, "Also write the numbers to this file (JSON)");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] {
    std::vector<Model> models;
    for (const auto& file : options->models) {
      require_different({file, options->data, options->out});
      models.push_back(read_model(file));
    }
    options->dependencies.lesion =
        options->lesion == "stimulus" ? Lesion::stimulus : Lesion::constant;

    ProgressDisplay display(false);
    const Dataset data = read_dataset(options->data);
    const auto by_neuron = [](const Model& model) { return model.preset == Preset::neurons; };
    const Watch watch = watch_on(display);
    if (std::ranges::any_of(models, by_neuron))
      hand_over(*options, neuron_dependencies(models, data, options->dependencies, watch));
    else
      hand_over(*options, dependencies(models, data, options->dependencies, watch));
  });
}

}  // namespace nnpoisson::command
