#include <nlohmann/json.hpp>

#include "nnpoisson/dependencies.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

/// `mean` and `standard_error` of numbers [i ... i + count) of a measure.
class Pair {
 public:
  explicit Pair(const Dependencies& d) : d_(d) {}
  [[nodiscard]] Json operator()(std::vector<double> DependencyMeasures::*numbers,
                                std::size_t first) const {
    return {{"mean", (d_.mean.*numbers)[first]},
            {"standard_error", (d_.standard_error.*numbers)[first]}};
  }
  [[nodiscard]] Json operator()(std::vector<double> DependencyMeasures::*numbers, std::size_t first,
                                std::size_t count) const {
    const auto row = [&](const DependencyMeasures& of) {
      const auto begin = (of.*numbers).begin() + static_cast<std::ptrdiff_t>(first);
      return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    return {{"mean", row(d_.mean)}, {"standard_error", row(d_.standard_error)}};
  }

 private:
  const Dependencies& d_;
};

}  // namespace

std::string to_json(const Dependencies& d) {
  const std::size_t G = d.region_names.size(), K = d.times.size(), S = d.stimuli.size();
  const Pair of(d);
  using M = DependencyMeasures;
  const auto names = [&](const std::vector<std::size_t>& order) {
    Json list = Json::array();
    for (const auto g : order) list.push_back(d.region_names[g]);
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
    json["actions"][a == 0 ? "left" : "right"] = {{"cumulative_hazard", of(&M::hazard, a * K, K)}};
  for (std::size_t g = 0; g < G; ++g) {
    Json region{{"name", d.region_names[g]},
                {"onset", of(&M::onset, g)},
                {"intensity", of(&M::intensity, g * K, K)},
                {"sensitivity", of(&M::sensitivity, g * K, K)},
                {"choice_change", of(&M::choice_change, g)},
                {"median_change", of(&M::median_change, g)}};
    for (const std::size_t a : {0U, 1U}) {
      const std::size_t row = a * G + g;
      region[a == 0 ? "left" : "right"] = {{"share", of(&M::share, row)},
                                           {"contribution", of(&M::contribution, row * K, K)},
                                           {"drive", of(&M::drive, row * K, K)}};
    }
    json["regions"].push_back(std::move(region));
  }
  for (std::size_t s = 0; s < S; ++s) {
    Json stimulus{{"stimulus", d.stimuli[s]},
                  {"trials", d.trials[s]},
                  {"left", of(&M::left, s)},
                  {"median_time", of(&M::median_time, s)},
                  {"share",
                   {{"left", of(&M::stimulus_share, 2 * s * G, G)},
                    {"right", of(&M::stimulus_share, (2 * s + 1) * G, G)}}},
                  {"lesions", Json::array()}};
    for (std::size_t g = 0; g < G; ++g)
      stimulus["lesions"].push_back({{"region", d.region_names[g]},
                                     {"left", of(&M::lesioned_left, g * S + s)},
                                     {"median_time", of(&M::lesioned_median, g * S + s)}});
    json["stimuli"].push_back(std::move(stimulus));
  }
  // Names come from files: a byte that is no UTF-8 must not end the program.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_dependencies(const std::filesystem::path& file, const Dependencies& d) {
  write_text_file(file, to_json(d));
}

}  // namespace nnpoisson
