#include "dependencies/dependencies_json.hpp"

#include "storage/hdf5_file.hpp"
#include "storage/json_text.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

using Measures = DependencyMeasures;
using Numbers = std::vector<double> Measures::*;

/// `mean` and `standard_error` of number `i` of a measure.
Json one(const Dependencies& d, Numbers numbers, std::size_t i) {
  return {{"mean", (d.mean.*numbers)[i]}, {"standard_error", (d.standard_error.*numbers)[i]}};
}

/// The same of its row `row` of `length` numbers.
Json row_of(const Dependencies& d, Numbers numbers, std::size_t row, std::size_t length) {
  const auto numbers_of = [&](const Measures& measures) {
    const auto first = (measures.*numbers).begin() + static_cast<std::ptrdiff_t>(row * length);
    return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(length));
  };
  return {{"mean", numbers_of(d.mean)}, {"standard_error", numbers_of(d.standard_error)}};
}

const char* action_name(std::size_t a) {
  return a == 0 ? "left" : "right";
}

Json region_json(const Dependencies& d, std::size_t g) {
  const std::size_t G = d.region_names.size(), K = d.times.size();
  Json region{{"name", d.region_names[g]},
              {"onset", one(d, &Measures::onset, g)},
              {"intensity", row_of(d, &Measures::intensity, g, K)},
              {"sensitivity", row_of(d, &Measures::sensitivity, g, K)},
              {"choice_change", one(d, &Measures::choice_change, g)},
              {"median_change", one(d, &Measures::median_change, g)}};
  for (const std::size_t a : {0U, 1U}) {
    const std::size_t row = a * G + g;
    region[action_name(a)] = {{"share", one(d, &Measures::share, row)},
                              {"contribution", row_of(d, &Measures::contribution, row, K)},
                              {"drive", row_of(d, &Measures::drive, row, K)}};
  }
  return region;
}

Json stimulus_json(const Dependencies& d, std::size_t s) {
  const std::size_t G = d.region_names.size(), S = d.stimuli.size();
  Json stimulus{{"stimulus", d.stimuli[s]},
                {"trials", d.trials[s]},
                {"left", one(d, &Measures::left, s)},
                {"median_time", one(d, &Measures::median_time, s)},
                {"share",
                 {{"left", row_of(d, &Measures::stimulus_share, 2 * s, G)},
                  {"right", row_of(d, &Measures::stimulus_share, 2 * s + 1, G)}}},
                {"lesions", Json::array()}};
  for (std::size_t g = 0; g < G; ++g)
    stimulus["lesions"].push_back({{"region", d.region_names[g]},
                                   {"left", one(d, &Measures::lesioned_left, g * S + s)},
                                   {"median_time", one(d, &Measures::lesioned_median, g * S + s)}});
  return stimulus;
}

}  // namespace

nlohmann::ordered_json dependencies_json(const Dependencies& d) {
  const auto names = [&](const std::vector<std::size_t>& regions) {
    Json list = Json::array();
    for (const auto g : regions) list.push_back(d.region_names[g]);
    return list;
  };
  Json json{
      {"models", d.models},
      {"lesion", to_string(d.lesion)},
      {"time", d.times},
      {"by_onset", names(d.by_onset)},
      {"by_influence", {{"left", names(d.by_influence[0])}, {"right", names(d.by_influence[1])}}},
      {"actions", Json::object()},
      {"regions", Json::array()},
      {"stimuli", Json::array()}};
  for (const std::size_t a : {0U, 1U})
    json["actions"][action_name(a)] = {
        {"cumulative_hazard", row_of(d, &Measures::hazard, a, d.times.size())}};
  for (std::size_t g = 0; g < d.region_names.size(); ++g)
    json["regions"].push_back(region_json(d, g));
  for (std::size_t s = 0; s < d.stimuli.size(); ++s) json["stimuli"].push_back(stimulus_json(d, s));
  return json;
}

std::string to_json(const Dependencies& d) {
  return json_text(dependencies_json(d));
}

void write_dependencies(const std::filesystem::path& file, const Dependencies& d) {
  write_text_file(file, to_json(d));
}

}  // namespace nnpoisson
