#include "evaluate/conditions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

struct Feature {
  std::string name;
  std::vector<double> value;  // [T]
};

/// The number after "x=", if the name is of that form.
std::optional<double> level(const std::string& name) {
  const auto at = name.rfind('=');
  if (at == std::string::npos) return {};
  std::istringstream text(name.substr(at + 1));
  double value = 0;
  return text >> value && text.eof() ? std::optional(value) : std::nullopt;
}

/// The dataset's features with columns of levels made one again.
std::vector<Feature> features(const Dataset& data) {
  std::vector<Feature> all;
  for (std::size_t f = 0; f < data.features(); ++f) {
    const auto& name = data.stimulus_names[f];
    const auto of_column = level(name);
    const std::string base = of_column ? name.substr(0, name.rfind('=')) : name;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](const Feature& feature) { return feature.name == base; });
    if (at == all.end()) at = all.insert(all.end(), {base, std::vector<double>(data.trials())});
    for (std::size_t n = 0; n < data.trials(); ++n)
      at->value[n] += data.trial.stimulus[n * data.features() + f] * of_column.value_or(1);
  }
  return all;
}

bool varies(const Feature& feature) {
  return std::any_of(feature.value.begin(), feature.value.end(),
                     [&](double v) { return v != feature.value.front(); });
}

std::optional<Feature> left_less_right(const std::vector<Feature>& all) {
  for (const auto& left : all) {
    const auto at = left.name.find("left");
    if (at == std::string::npos) continue;
    std::string other = left.name;
    other.replace(at, 4, "right");
    for (const auto& right : all) {
      if (right.name != other) continue;
      Feature difference{left.name + " - " + right.name, left.value};
      for (std::size_t n = 0; n < difference.value.size(); ++n) {
        // Differences that are equal but for rounding are one value.
        constexpr double resolution = 1e-9;
        difference.value[n] =
            std::round((left.value[n] - right.value[n]) / resolution) * resolution;
      }
      return difference;
    }
  }
  return {};
}

std::optional<Feature> number_of_stimulus(const Dataset& data) {
  constexpr std::size_t most = 32;
  std::map<std::vector<double>, double> number;
  std::vector<std::vector<double>> stimulus;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto first =
        data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n * data.features());
    number[stimulus.emplace_back(first, first + static_cast<std::ptrdiff_t>(data.features()))];
    if (number.size() > most) return {};
  }
  for (double next = 1; auto& [s, place] : number) place = next++;
  Feature feature{"stimulus number", {}};
  for (const auto& s : stimulus) feature.value.push_back(number[s]);
  return feature;
}

Feature choose_axis(const Dataset& data, std::span<const double> predicted_left) {
  const auto all = features(data);
  if (auto difference = left_less_right(all); difference && varies(*difference)) return *difference;
  if (std::count_if(all.begin(), all.end(), varies) == 1)
    return *std::find_if(all.begin(), all.end(), varies);
  if (auto number = number_of_stimulus(data)) return *number;
  return {"predicted P(left)", {predicted_left.begin(), predicted_left.end()}};
}

std::string text_of(double low, double high) {
  std::ostringstream text;
  text.precision(3);
  text << low;
  if (high != low) text << " to " << high;
  return text.str();
}

}  // namespace

Conditions stimulus_conditions(const Dataset& data, std::span<const double> predicted_left) {
  constexpr std::size_t most_values = 12, ranges = 8;
  Feature axis = choose_axis(data, predicted_left);
  Conditions conditions{axis.name, axis.value, {}};
  const std::set<double> distinct(axis.value.begin(), axis.value.end());
  std::vector<double> upper(distinct.begin(), distinct.end());  // of each condition, inclusive
  if (axis.name != "stimulus number" && distinct.size() > most_values) {
    std::vector<double> sorted = axis.value;
    std::sort(sorted.begin(), sorted.end());
    std::set<double> ends;
    for (std::size_t k = 1; k < ranges; ++k) ends.insert(sorted[k * sorted.size() / ranges]);
    ends.insert(sorted.back());
    upper.assign(ends.begin(), ends.end());
  }
  conditions.list.resize(upper.size());
  for (std::size_t n = 0; n < data.trials(); ++n)
    conditions
        .list[static_cast<std::size_t>(std::lower_bound(upper.begin(), upper.end(), axis.value[n]) -
                                       upper.begin())]
        .trials.push_back(n);
  for (auto& condition : conditions.list) {
    double low = axis.value[condition.trials.front()], high = low, sum = 0;
    for (const auto n : condition.trials) {
      low = std::min(low, axis.value[n]);
      high = std::max(high, axis.value[n]);
      sum += axis.value[n];
    }
    condition.axis = low == high ? low : sum / static_cast<double>(condition.trials.size());
    condition.name = text_of(low, high);
  }
  return conditions;
}

}  // namespace nnpoisson
