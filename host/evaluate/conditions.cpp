#include "evaluate/conditions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

namespace nnpoisson {
namespace {

struct Feature {
  std::string name;
  std::vector<double> value;            // [T]
  bool a_condition_each_value = false;  // however many there are
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
    const auto right = std::find_if(all.begin(), all.end(),
                                    [&](const Feature& feature) { return feature.name == other; });
    if (right == all.end()) continue;

    // Differences that are equal but for rounding are one value.
    constexpr double resolution = 1e-9;
    Feature difference{left.name + " - " + right->name, left.value};
    for (std::size_t n = 0; n < difference.value.size(); ++n)
      difference.value[n] = std::round((left.value[n] - right->value[n]) / resolution) * resolution;
    return difference;
  }
  return {};
}

/// None where too many stimuli differ.
std::optional<Feature> number_of_stimulus(const Dataset& data) {
  constexpr std::size_t most = 32;
  std::set<std::vector<double>> distinct;
  const auto stimulus = [&](std::size_t n) {
    const auto first =
        data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n * data.features());
    return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(data.features()));
  };
  for (std::size_t n = 0; n < data.trials(); ++n) {
    distinct.insert(stimulus(n));
    if (distinct.size() > most) return {};
  }

  Feature number{"stimulus number", {}, true};
  for (std::size_t n = 0; n < data.trials(); ++n)
    number.value.push_back(
        1 + static_cast<double>(std::distance(distinct.begin(), distinct.find(stimulus(n)))));
  return number;
}

Feature choose_axis(const Dataset& data, const PredictedResponses& predicted) {
  const auto all = features(data);
  if (auto difference = left_less_right(all); difference && varies(*difference)) return *difference;
  if (std::count_if(all.begin(), all.end(), varies) == 1)
    return *std::find_if(all.begin(), all.end(), varies);
  if (auto number = number_of_stimulus(data)) return *number;

  Feature left{"predicted P(left)", {}};
  for (std::size_t n = 0; n < data.trials(); ++n) left.value.push_back(predicted.left(n));
  return left;
}

std::string text_of(double low, double high) {
  std::ostringstream text;
  text.precision(3);
  text << low;
  if (high != low) text << " to " << high;
  return text.str();
}

/// The largest value of each condition, ascending.
std::vector<double> upper_ends(const Feature& axis) {
  constexpr std::size_t most_values = 12, ranges = 8;
  const std::set<double> distinct(axis.value.begin(), axis.value.end());
  if (axis.a_condition_each_value || distinct.size() <= most_values)
    return {distinct.begin(), distinct.end()};

  std::vector<double> sorted = axis.value;
  std::sort(sorted.begin(), sorted.end());
  std::set<double> ends{sorted.back()};
  for (std::size_t k = 1; k < ranges; ++k) ends.insert(sorted[k * sorted.size() / ranges]);
  return {ends.begin(), ends.end()};
}

/// Gives a condition its place on the axis and its name, from its trials.
void describe(Condition& condition, const Feature& axis) {
  double low = axis.value[condition.trials.front()], high = low, sum = 0;
  for (const auto n : condition.trials) {
    low = std::min(low, axis.value[n]);
    high = std::max(high, axis.value[n]);
    sum += axis.value[n];
  }
  condition.axis = low == high ? low : sum / static_cast<double>(condition.trials.size());
  condition.name = text_of(low, high);
}

}  // namespace

Conditions stimulus_conditions(const Dataset& data, const PredictedResponses& predicted) {
  const Feature axis = choose_axis(data, predicted);
  const std::vector<double> upper = upper_ends(axis);
  Conditions conditions{axis.name, std::vector<Condition>(upper.size())};
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto range = std::lower_bound(upper.begin(), upper.end(), axis.value[n]);
    conditions.list[static_cast<std::size_t>(range - upper.begin())].trials.push_back(n);
  }
  for (auto& condition : conditions.list) describe(condition, axis);
  return conditions;
}

}  // namespace nnpoisson
