#include <nlohmann/json.hpp>

#include "nnpoisson/covariability.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Measurement& estimate) {
  return {{"value", estimate.value}, {"standard_error", estimate.standard_error}};
}

Json json_of(const Covariation& c, bool sampled) {
  Json json{{"observed", json_of(c.observed)}, {"implied", c.implied}};
  if (sampled) json["sampled"] = json_of(c.sampled);
  return json;
}

}  // namespace

std::string to_json(const Covariability& all) {
  const bool sampled = all.sampled_trials > 0;
  Json json{{"sampled_trials", all.sampled_trials}, {"windows", Json::array()}};
  for (const auto& window : all.windows) {
    Json here{{"from", window.window.from},
              {"until", window.window.until},
              {"trials", window.trials},
              {"choices", window.choices},
              {"noise_correlation", Json::array()},
              {"choice_probability", Json::array()}};
    for (const auto& pair : window.pairs)
      here["noise_correlation"].push_back(
          {{"regions", {all.region_names[pair.first], all.region_names[pair.second]}},
           {"sessions", pair.sessions},
           {"unit_pairs", pair.unit_pairs},
           {"units", json_of(pair.units, sampled)},
           {"populations", json_of(pair.populations, sampled)}});
    for (const auto& region : window.regions)
      here["choice_probability"].push_back({{"region", all.region_names[region.region]},
                                            {"sessions", region.sessions},
                                            {"units", region.units},
                                            {"mean_unit", json_of(region.mean_unit, sampled)},
                                            {"population", json_of(region.population, sampled)}});
    if (!window.units.empty()) {
      here["units"] = Json::array();
      for (const auto& unit : window.units)
        here["units"].push_back(
            {{"session", all.session_names[static_cast<std::size_t>(all.unit.session[unit.unit])]},
             {"id", all.unit.id[unit.unit]},
             {"region", all.region_names[static_cast<std::size_t>(all.unit.region[unit.unit])]},
             {"choice_probability", json_of(unit.choice, sampled)}});
    }
    json["windows"].push_back(std::move(here));
  }
  // Names come from files: a byte that is no UTF-8 must not end the program.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_covariability(const std::filesystem::path& file, const Covariability& all) {
  write_text_file(file, to_json(all));
}

}  // namespace nnpoisson
