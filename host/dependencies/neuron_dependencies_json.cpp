#include "dependencies/dependencies_json.hpp"
#include "nnpoisson/neuron_dependencies.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/json_text.hpp"

namespace nnpoisson {
namespace {

using NeuronJson = nlohmann::ordered_json;

NeuronJson json_of(const DependencyMean& mean) {
  return {
      {"mean", mean.mean}, {"trial_error", mean.trial_error}, {"model_error", mean.model_error}};
}

void add_information(NeuronJson& json, const DependencyMean& loading,
                     const SpikeInformation& information) {
  json["loading"] = {{"mean", loading.mean}, {"model_error", loading.model_error}};
  json["trials"] = information.trials;
  json["lost"] = json_of(information.lost);
  json["alone"] = json_of(information.alone);
}

}  // namespace

std::string to_json(const NeuronDependencies& d) {
  NeuronJson json{{"preset", "neurons"},
                  {"models", d.models},
                  {"trials", d.trials},
                  {"total", json_of(d.total)},
                  {"regions", NeuronJson::array()},
                  {"units", NeuronJson::array()}};
  for (const auto g : d.regions_by_information) {
    const auto& region = d.regions[g];
    NeuronJson one{{"name", region.name}, {"units", region.units}};
    add_information(one, region.loading, region.information);
    json["regions"].push_back(std::move(one));
  }
  for (const auto u : d.units_by_information) {
    const auto& unit = d.units[u];
    NeuronJson one{
        {"session", unit.session}, {"id", unit.id}, {"region", d.regions[unit.region].name}};
    add_information(one, unit.loading, unit.information);
    json["units"].push_back(std::move(one));
  }
  json["drive"] = d.drive ? dependencies_json(*d.drive) : NeuronJson(nullptr);
  return json_text(json);
}

void write_dependencies(const std::filesystem::path& file, const NeuronDependencies& d) {
  write_text_file(file, to_json(d));
}

}  // namespace nnpoisson
