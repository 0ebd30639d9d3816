#include "sweep/grid.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t most_configurations = 100000;

/// Grids with a name. `paper`: the published program loops over the widths of its layers; each of
/// the four here is its own 10 or twice that.
const std::map<std::string, std::vector<std::string>>& named_grids() {
  static const std::map<std::string, std::vector<std::string>> grids{
      {"paper",
       {"model.stimulus_widths=[10,10],[20,20]", "model.time_width=10,20",
        "model.hidden_width=10,20", "model.behaviour_width=10,20"}}};
  return grids;
}

/// At the commas that are not inside an array.
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values{""};
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' ? 1 : (c == ']' ? -1 : 0);
    if (c == ',' && depth == 0)
      values.emplace_back();
    else if (c != ' ')
      values.back() += c;
  }
  return values;
}

/// A setting that every configuration must have alike, and why.
void require_choosable(const std::string& key) {
  static const std::map<std::string, std::string> fixed{
      {"seed", "it decides folds and batches; give --seeds for other initial weights"},
      {"train.validation", "the held-out fold is the validation set"},
      {"train.save_every", "a sweep keeps no weights on the way"}};
  if (const auto found = fixed.find(key); found != fixed.end())
    throw UsageError("--grid: " + key + " is no setting to choose by validation: " + found->second);
}

}  // namespace

Grid make_grid(const Settings& base, std::span<const std::string> words) {
  std::vector<std::string> axes;
  for (const auto& word : words) {
    const auto named = named_grids().find(word);
    if (named != named_grids().end())
      axes.insert(axes.end(), named->second.begin(), named->second.end());
    else if (word.find('=') == std::string::npos)
      throw UsageError("--grid: \"" + word +
                       "\" is no grid's name (there is \"paper\") and not key=value,value");
    else
      axes.push_back(word);
  }
  Grid grid;
  grid.configurations.push_back({base, {}});
  for (const auto& axis : axes) {
    const auto equals = axis.find('=');
    std::string key = axis.substr(0, equals);
    key.erase(std::remove(key.begin(), key.end(), ' '), key.end());
    require_choosable(key);
    if (std::find(grid.keys.begin(), grid.keys.end(), key) != grid.keys.end())
      throw UsageError("--grid: " + key + " is given twice; write all its values once, " + key +
                       "=value,value");
    grid.keys.push_back(key);
    const auto values = values_of(axis.substr(equals + 1));
    if (grid.configurations.size() * values.size() > most_configurations)
      throw UsageError("--grid: more than " + std::to_string(most_configurations) +
                       " configurations; leave some values out");
    std::vector<Grid::Configuration> crossed;
    for (const auto& before : grid.configurations)
      for (const auto& value : values) {
        crossed.push_back(before);
        apply_assignment(crossed.back().settings, std::string(key).append("=").append(value));
        crossed.back().values.push_back(value);
      }
    grid.configurations = std::move(crossed);
  }
  std::set<std::string> different;
  for (const auto& configuration : grid.configurations) {
    check(configuration.settings);
    if (!different.insert(to_toml(configuration.settings)).second)
      throw UsageError("--grid: a value is given twice; leave one of them out");
  }
  return grid;
}

}  // namespace nnpoisson
