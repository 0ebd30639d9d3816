#include "neuron_dependency_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "commands.hpp"

namespace nnpoisson::command {
namespace {

constexpr std::size_t readable_units = 20;

std::string over_trials(const DependencyMean& mean) {
  if (std::isnan(mean.mean)) return cell(mean.mean);
  return fmt::format("{:.3f} +- {}", mean.mean, cell(mean.trial_error));
}

std::string over_models(const DependencyMean& mean) {
  if (std::isnan(mean.model_error)) return cell(mean.mean);
  return fmt::format("{:.3f} +- {:.3f}", mean.mean, mean.model_error);
}

void print_head(const std::string& what, const std::string& middle) {
  fmt::print("\n{:<32} {:>10} {:>7} {:>16} {:>18} {:>18}\n", what, middle, "trials", "loading",
             "lost without", "alone");
}

void print_line(const std::string& what, const std::string& middle, const DependencyMean& loading,
                const SpikeInformation& information) {
  fmt::print("{:<32} {:>10} {:>7} {:>16} {:>18} {:>18}\n", what, middle, information.trials,
             over_models(loading), over_trials(information.lost), over_trials(information.alone));
}

}  // namespace

void print_information(const NeuronDependencies& d) {
  fmt::print(
      "what spikes say of choice and response time, nats a trial, +- standard error over "
      "trials\nall units: {}, {} trials\n",
      over_trials(d.total), d.trials);
  print_head("region", "units");
  for (const auto g : d.regions_by_information) {
    const auto& region = d.regions[g];
    print_line(region.name, std::to_string(region.units), region.loading, region.information);
  }

  const std::size_t shown = std::min(readable_units, d.units.size());
  print_head("unit", "region");
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& unit = d.units[d.units_by_information[i]];
    print_line(fmt::format("{} {}", unit.session, unit.id), d.regions[unit.region].name,
               unit.loading, unit.information);
  }
  if (shown < d.units.size())
    fmt::print("{} more units: --json or --out\n", d.units.size() - shown);
  if (d.models > 1)
    fmt::print("means over {} models; +- of loadings: standard error over them\n", d.models);
}

}  // namespace nnpoisson::command
