#include "settings/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nnpoisson {
namespace {

// A kind of value: how it is read from TOML (empty: another type), which values are allowed, how it
// is written.

template <class T>
struct Integer {
  using Value = T;
  std::int64_t low, high;
  std::string expected = "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  [[nodiscard]] std::optional<T> read(const toml::node& node) const {
    const auto value = node.value_exact<std::int64_t>();
    return value && std::in_range<T>(*value) ? std::optional(static_cast<T>(*value)) : std::nullopt;
  }
  [[nodiscard]] bool allows(T value) const {
    return std::cmp_greater_equal(value, low) && std::cmp_less_equal(value, high);
  }
  [[nodiscard]] std::string write(T value) const { return std::to_string(value); }
};

struct Real {
  using Value = double;
  double low, high;
  std::string expected;
  [[nodiscard]] std::optional<double> read(const toml::node& node) const {
    return node.value<double>();
  }
  [[nodiscard]] bool allows(double value) const { return value >= low && value <= high; }
  [[nodiscard]] std::string write(double value) const {
    std::array<char, 32> text{};
    std::string shortest(text.data(),
                         std::to_chars(text.data(), text.data() + text.size(), value).ptr);
    return shortest.find_first_of(".en") == std::string::npos ? shortest + ".0" : shortest;
  }
};

struct Boolean {
  using Value = bool;
  std::string expected = "true or false";
  [[nodiscard]] std::optional<bool> read(const toml::node& node) const {
    return node.value_exact<bool>();
  }
  [[nodiscard]] bool allows(bool) const { return true; }
  [[nodiscard]] std::string write(bool value) const { return value ? "true" : "false"; }
};

std::string quoted(const std::string& word) {
  return '"' + word + '"';
}

/// One of an enumeration's values, by its name.
template <class T>
struct Choice {
  using Value = T;
  explicit Choice(std::vector<T> all) : values(std::move(all)) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) expected += i + 1 < values.size() ? ", " : " or ";
      expected += quoted(to_string(values[i]));
    }
  }
  std::vector<T> values;
  std::string expected;
  [[nodiscard]] std::optional<T> read(const toml::node& node) const {
    const auto text = node.value_exact<std::string>();
    for (const T value : values)
      if (text == to_string(value)) return value;
    return std::nullopt;
  }
  [[nodiscard]] bool allows(T) const { return true; }
  [[nodiscard]] std::string write(T value) const { return quoted(to_string(value)); }
};

template <class Element>
struct Pair {
  using Value = std::array<typename Element::Value, 2>;
  Element element;
  std::string expected;
  [[nodiscard]] std::optional<Value> read(const toml::node& node) const {
    const auto* array = node.as_array();
    if (array == nullptr || array->size() != 2) return std::nullopt;
    const auto first = element.read((*array)[0]), second = element.read((*array)[1]);
    return first && second ? std::optional(Value{*first, *second}) : std::nullopt;
  }
  [[nodiscard]] bool allows(const Value& value) const {
    return element.allows(value[0]) && element.allows(value[1]);
  }
  [[nodiscard]] std::string write(const Value& value) const {
    return "[" + element.write(value[0]) + ", " + element.write(value[1]) + "]";
  }
};

template <class Kind, class Field>
SettingKey make_key(std::string name, Field field, Kind kind) {
  return {
      .name = std::move(name),
      .expected = kind.expected,
      .presets = {},
      .assign =
          [field, kind](Settings& settings, const toml::node& node) {
            const auto value = kind.read(node);
            if (!value || !kind.allows(*value)) return false;
            field(settings) = *value;
            return true;
          },
      .in_range = [field, kind](const Settings& settings) { return kind.allows(field(settings)); },
      .to_toml = [field, kind](const Settings& settings) { return kind.write(field(settings)); }};
}

template <class Kind>
SettingKey key(std::string name, typename Kind::Value Settings::*field, Kind kind) {
  return make_key(
      std::move(name), [field](auto& settings) -> auto& { return settings.*field; }, kind);
}

template <class Table, class Kind>
SettingKey key(std::string name, Table Settings::*table, typename Kind::Value Table::*field,
               Kind kind) {
  return make_key(
      std::move(name), [ table, field ](auto& settings) -> auto& { return settings.*table.*field; },
      kind);
}

/// Settings that only some presets know.
std::vector<Preset> presets_of(const std::string& name) {
  static const std::set<std::string> of_networks{"model.stimulus_widths", "model.time_width",
                                                 "model.hidden_width", "model.stimulus_bypass",
                                                 "train.neural_time"};
  static const std::set<std::string> of_neurons{"model.features",
                                                "model.nodes",
                                                "model.rank",
                                                "model.heads",
                                                "model.shared_gain",
                                                "model.private_gain",
                                                "model.drift",
                                                "train.shrinkage",
                                                "train.intensity_shrinkage",
                                                "train.behaviour_shrinkage"};
  if (of_networks.contains(name)) return {Preset::exact, Preset::authors};
  if (of_neurons.contains(name)) return {Preset::neurons};
  return {Preset::neurons, Preset::exact, Preset::authors};
}

std::vector<SettingKey> make_keys() {
  using Model = Settings::ModelSettings;
  using Train = Settings::TrainSettings;
  constexpr auto model = &Settings::model;
  constexpr auto train = &Settings::train;

  const Integer<int> width{1, 4096};
  const Pair<Integer<int>> widths{width, "an array of two integers from 1 to 4096"};
  const Integer<int> count{1, 1000000};
  const Integer<std::uint64_t> seed{0, std::numeric_limits<std::int64_t>::max()};
  const Choice<Preset> preset({Preset::neurons, Preset::exact, Preset::authors});
  const Choice<Precision> precision({Precision::single_precision, Precision::double_precision});
  const Choice<NeuralTime> time({NeuralTime::scaled, NeuralTime::absolute});
  const Choice<HeadKind> heads({HeadKind::trunk, HeadKind::regions});

  std::vector<SettingKey> keys{
      key("preset", &Settings::preset, preset),
      key("seed", &Settings::seed, seed),
      key("model.stimulus_widths", model, &Model::stimulus_widths, widths),
      key("model.time_width", model, &Model::time_width, width),
      key("model.hidden_width", model, &Model::hidden_width, width),
      key("model.behaviour_width", model, &Model::behaviour_width, width),
      key("model.stimulus_bypass", model, &Model::stimulus_bypass, Boolean{}),
      key("model.features", model, &Model::features, Integer<int>{0, 4096}),
      key("model.nodes", model, &Model::nodes, Integer<int>{2, 64}),
      key("model.rank", model, &Model::rank, Integer<int>{0, 4096}),
      key("model.heads", model, &Model::heads, heads),
      key("model.shared_gain", model, &Model::shared_gain, Boolean{}),
      key("model.private_gain", model, &Model::private_gain, Boolean{}),
      key("model.drift", model, &Model::drift, Boolean{}),
      key("train.iterations", train, &Train::iterations, count),
      key("train.episodes", train, &Train::episodes, count),
      key("train.batches", train, &Train::batches, count),
      key("train.learning_rate", train, &Train::learning_rate,
          Real{1e-12, 1, "a number from 1e-12 to 1"}),
      key("train.behaviour_weight", train, &Train::behaviour_weight,
          Real{0, 1e6, "a number from 0 to 1e6"}),
      key("train.time_resolution", train, &Train::time_resolution,
          Real{0, 10, "a number of seconds from 0 to 10"}),
      key("train.precision", train, &Train::precision, precision),
      key("train.neural_time", train, &Train::neural_time, time),
      key("train.validation", train, &Train::validation, Real{0, 0.9, "a fraction from 0 to 0.9"}),
      key("train.patience", train, &Train::patience, count),
      key("train.save_every", train, &Train::save_every, count),
      key("train.shrinkage", train, &Train::shrinkage, Real{0, 1e6, "a number from 0 to 1e6"}),
      key("train.intensity_shrinkage", train, &Train::intensity_shrinkage,
          Real{0, 1e6, "a number from 0 to 1e6"}),
      key("train.behaviour_shrinkage", train, &Train::behaviour_shrinkage,
          Real{0, 1e6, "a number from 0 to 1e6"}),
  };
  for (SettingKey& known : keys) known.presets = presets_of(known.name);
  return keys;
}

/// Letters to change, add or leave out to get from one word to the other.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::string SettingKey::table() const {
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

std::string SettingKey::field() const {
  return name.substr(name.find('.') + 1);  // npos + 1 is 0
}

bool SettingKey::known_to(Preset preset) const {
  return std::ranges::find(presets, preset) != presets.end();
}

std::span<const SettingKey> setting_keys() {
  static const std::vector<SettingKey> keys = make_keys();
  return keys;
}

const std::string& nearest_key(const std::string& name) {
  const auto distance = [&](const SettingKey& key) {
    return std::min(edit_distance(name, key.name), edit_distance(name, key.field()));
  };
  const auto keys = setting_keys();
  return std::min_element(keys.begin(), keys.end(),
                          [&](const auto& a, const auto& b) { return distance(a) < distance(b); })
      ->name;
}

}  // namespace nnpoisson
