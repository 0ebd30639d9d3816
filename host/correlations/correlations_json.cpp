#include <nlohmann/json.hpp>

#include "nnpoisson/correlations.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/json_text.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Measurement& measured) {
  return {{"value", measured.value}, {"standard_error", measured.standard_error}};
}

Json json_of(const Comparison& compared, bool sampled) {
  Json json{{"observed", json_of(compared.observed)}, {"implied", compared.implied}};
  if (sampled) json["sampled"] = json_of(compared.sampled);
  return json;
}

Json json_of(const Correlations& all, const RegionPair& pair) {
  const bool sampled = all.sampled_trials > 0;
  return {{"regions", {all.region_names[pair.first], all.region_names[pair.second]}},
          {"sessions", pair.sessions},
          {"unit_pairs", pair.unit_pairs},
          {"units", json_of(pair.units, sampled)},
          {"populations", json_of(pair.populations, sampled)}};
}

Json json_of(const Correlations& all, const RegionChoice& choice) {
  const bool sampled = all.sampled_trials > 0;
  return {{"region", all.region_names[choice.region]},
          {"sessions", choice.sessions},
          {"units", choice.units},
          {"mean_unit", json_of(choice.mean_unit, sampled)},
          {"population", json_of(choice.population, sampled)}};
}

Json json_of(const Correlations& all, const UnitChoice& choice) {
  const auto session = static_cast<std::size_t>(all.unit.session[choice.unit]),
             region = static_cast<std::size_t>(all.unit.region[choice.unit]);
  return {{"session", all.session_names[session]},
          {"id", all.unit.id[choice.unit]},
          {"region", all.region_names[region]},
          {"choice_probability", json_of(choice.choice, all.sampled_trials > 0)}};
}

}  // namespace

std::string to_json(const Correlations& all) {
  Json json{{"sampled_trials", all.sampled_trials}, {"windows", Json::array()}};
  for (const auto& window : all.windows) {
    auto& entry = json["windows"].emplace_back(Json{{"from", window.window.from},
                                                    {"until", window.window.until},
                                                    {"trials", window.trials},
                                                    {"choices", window.choices},
                                                    {"noise_correlation", Json::array()},
                                                    {"choice_probability", Json::array()}});
    for (const auto& pair : window.pairs) entry["noise_correlation"].push_back(json_of(all, pair));
    for (const auto& region : window.regions)
      entry["choice_probability"].push_back(json_of(all, region));
    for (const auto& unit : window.units) entry["units"].push_back(json_of(all, unit));
  }
  return json_text(json);
}

void write_correlations(const std::filesystem::path& file, const Correlations& all) {
  write_text_file(file, to_json(all));
}

}  // namespace nnpoisson
