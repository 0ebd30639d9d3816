#include "fit/unfitted_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "nnpoisson/error.hpp"
#include "nnpoisson/summary.hpp"

namespace nnpoisson {
namespace {

void require_same_names(const std::string& source, const char* what,
                        const std::vector<std::string>& names,
                        const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < std::max(names.size(), wanted.size()); ++i) {
    const std::string name = i < names.size() ? names[i] : "nothing";
    const std::string wanted_name = i < wanted.size() ? wanted[i] : "nothing";
    if (name != wanted_name)
      throw DataError(fmt::format("{}: {}/name[{}]: is {}, where the training set has {}", source,
                                  what, i, name, wanted_name));
  }
}

/// Who the units are, and their rates.
Model::Units units_of(const Dataset& data) {
  Model::Units units;
  const UnitTotals totals = unit_totals(data);
  for (std::size_t u = 0; u < data.units(); ++u) {
    units.session.push_back(data.session_names[static_cast<std::size_t>(data.unit.session[u])]);
    units.id.push_back(data.unit.id[u]);
    units.constant_rate.push_back(totals.exposure[u] > 0 ? totals.events[u] / totals.exposure[u]
                                                         : 0);
  }
  return units;
}

void require_same_units(const std::string& source, const Model::Units& units,
                        const Model::Units& wanted) {
  for (std::size_t u = 0; u < std::max(units.id.size(), wanted.id.size()); ++u) {
    const auto name = [u](const Model::Units& list) {
      return u < list.id.size() ? fmt::format("unit {} of session {}", list.id[u], list.session[u])
                                : std::string("nothing");
    };
    if (name(units) != name(wanted))
      throw DataError(
          fmt::format("{}: unit/id[{}]: is {}, where the training set has {}; a model by "
                      "neuron needs the same units in both",
                      source, u, name(units), name(wanted)));
  }
}

}  // namespace

NetworkShape network_shape(const Settings& settings, const Dataset& data) {
  return {.features = static_cast<int>(data.features()),
          .stimulus_widths = settings.model.stimulus_widths,
          .time_width = settings.model.time_width,
          .hidden_width = settings.model.hidden_width,
          .behaviour_width = settings.model.behaviour_width,
          .regions = static_cast<int>(data.regions()),
          .stimulus_bypass = settings.model.stimulus_bypass};
}

Model unfitted_model(const Settings& settings, const Dataset& data) {
  if (settings.preset == Preset::authors && data.binned())
    throw UsageError(data.source +
                     ": attribute bin_width: these are counts in bins, and preset authors needs "
                     "spike times; use preset exact");
  Model model;
  model.shape = network_shape(settings, data);
  model.preset = settings.preset;
  model.neural_time = settings.train.neural_time;
  model.time_limit = data.time_limit;
  model.region_names = data.region_names;
  model.stimulus_names = data.stimulus_names;
  for (const auto& region : summarise(data).region)
    model.constant_rate.push_back(std::isnan(region.rate) ? 0 : region.rate);
  if (settings.preset == Preset::neurons) model.units = units_of(data);
  return model;
}

void require_fitting(const Dataset& data, const Model& model) {
  require_same_names(data.source, "region", data.region_names, model.region_names);
  require_same_names(data.source, "stimulus", data.stimulus_names, model.stimulus_names);
  if (model.preset == Preset::neurons) require_same_units(data.source, units_of(data), model.units);
  if (data.time_limit != model.time_limit)
    throw DataError(fmt::format("{}: time_limit is {} s, where the training set has {} s",
                                data.source, data.time_limit, model.time_limit));
}

void require_fitting(const Model& given, const Model& model) {
  require_same_names(given.source, "region", given.region_names, model.region_names);
  require_same_names(given.source, "stimulus", given.stimulus_names, model.stimulus_names);
  if ((given.preset == Preset::neurons) != (model.preset == Preset::neurons))
    throw UsageError(given.source + ": is of preset " + to_string(given.preset) +
                     ", where the fit is of preset " + to_string(model.preset));
  if (model.preset == Preset::neurons) require_same_units(given.source, given.units, model.units);
}

PlanOptions plan_options(const Settings& settings, Grouping grouping, int parts, int threads) {
  return {.preset = settings.preset,
          .neural_time = settings.train.neural_time,
          .grouping = grouping,
          .parts = parts,
          .behaviour_weight = settings.train.behaviour_weight,
          .time_resolution = settings.train.time_resolution,
          .seed = settings.seed,
          .threads = threads > 0
                         ? threads
                         : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))};
}

}  // namespace nnpoisson
