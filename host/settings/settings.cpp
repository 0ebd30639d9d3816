#include "nnpoisson/settings.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>

#include "nnpoisson/error.hpp"
#include "settings/keys.hpp"

namespace nnpoisson {
namespace {

std::string place(const std::string& source, const toml::source_region& region) {
  return source + ":" + std::to_string(region.begin.line) + ": ";
}

const SettingKey* find_key(const std::string& name) {
  const auto keys = setting_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

bool is_table_name(const std::string& name) {
  const auto keys = setting_keys();
  return std::any_of(keys.begin(), keys.end(),
                     [&](const auto& key) { return !name.empty() && key.table() == name; });
}

// Keys and values come from outside and may hold line ends; a message is one line.
UsageError refusal(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  return UsageError(message);
}

// Of presets exact and authors, which knew "region" and "unit".
const std::string removed_key = "model.readout";

UsageError unknown_key(const std::string& where, const std::string& name) {
  if (name == removed_key)
    return refusal(where + "setting \"" + name +
                   "\" was removed; leave it out, or choose --preset neurons, which has an "
                   "intensity for every unit");
  return refusal(where + "unknown setting \"" + name + "\"; the nearest known one is \"" +
                 nearest_key(name) + "\"");
}

void assign(Settings& settings, const std::string& where, const SettingKey& key,
            const toml::node& value) {
  if (!key.known_to(settings.preset))
    throw refusal(where + "setting \"" + key.name + "\" is none of preset \"" +
                  to_string(settings.preset) + "\"; leave it out, or choose --preset " +
                  to_string(key.presets.front()));
  if (key.assign(settings, value)) return;
  std::ostringstream given;
  value.visit([&](const auto& node) { given << node; });
  throw refusal(where + "setting \"" + key.name + "\" is " + given.str() + "; expected " +
                key.expected);
}

void apply_table(Settings& settings, const std::string& file, const toml::table& table,
                 const std::string& prefix) {
  for (const auto& [name, value] : table) {
    const std::string full = prefix + std::string(name.str());
    const std::string where = place(file, value.source());
    if (const SettingKey* key = find_key(full))
      assign(settings, where, *key, value);
    else if (const auto* inner = value.as_table();
             inner != nullptr && (is_table_name(full) || !inner->empty()))
      apply_table(settings, file, *inner, full + ".");
    else if (full != removed_key || value.value<std::string>() != "region")  // all that is left
      throw unknown_key(where, full);
  }
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A word that TOML itself does not read as a value; on a command line its quotes would be the
// shell's.
bool is_bare_word(const std::string& text) {
  const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), is_word) && text != "true" && text != "false" &&
         text != "inf" && text != "nan";
}

}  // namespace

const char* to_string(Precision precision) {
  return precision == Precision::double_precision ? "double" : "float";
}

Settings preset_settings(Preset preset) {
  Settings settings;
  settings.preset = preset;
  if (preset == Preset::neurons) return settings;

  settings.train.iterations = 1000;
  settings.train.episodes = 10;
  settings.train.learning_rate = 5e-3;
  settings.train.validation = 0.1;
  if (preset == Preset::authors) {
    settings.train.time_resolution = 0;
    settings.model.stimulus_bypass = true;
    settings.train.iterations = 2000;
    settings.train.learning_rate = 1e-4;
    settings.train.behaviour_weight = 0.01;
    settings.train.validation = 0;
  }
  return settings;
}

void apply_toml(Settings& settings, const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file))
    throw UsageError(file.string() +
                     ": the settings file cannot be read; give a readable TOML file");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};

  toml::table table;
  try {
    table = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    throw refusal(place(file.string(), error.source()) +
                  "not TOML: " + std::string(error.description()));
  }

  // On a copy, so that a bad line leaves the settings as they were.
  Settings changed = settings;
  // First the preset, wherever it stands: it decides the defaults of all other keys.
  if (const auto* preset = table.get("preset")) {
    assign(changed, place(file.string(), preset->source()), *find_key("preset"), *preset);
    changed = preset_settings(changed.preset);
  }
  apply_table(changed, file.string(), table, "");
  settings = changed;
}

void apply_assignment(Settings& settings, const std::string& assignment) {
  const std::string where = "\"" + assignment + "\": ";
  const auto equals = assignment.find('=');
  if (equals == std::string::npos) throw refusal(where + "a setting is written key=value");
  const std::string name = trimmed(assignment.substr(0, equals));
  std::string value = trimmed(assignment.substr(equals + 1));

  const SettingKey* key = find_key(name);
  if (key == nullptr) throw unknown_key(where, name);
  if (name == "preset")
    throw refusal(
        where +
        "the preset decides all defaults and cannot be set after them; choose it by itself");

  if (is_bare_word(value)) value = '"' + value + '"';
  toml::table table;
  try {
    table = toml::parse("value = " + value);
  } catch (const toml::parse_error& error) {
    throw refusal(where + "the value is not TOML: " + std::string(error.description()) +
                  "; expected " + key->expected);
  }
  if (table.size() != 1)
    throw refusal(where + "an assignment sets one value; expected " + key->expected);
  assign(settings, where, *key, *table.get("value"));
}

void check(const Settings& settings) {
  for (const SettingKey& key : setting_keys())
    if (!key.in_range(settings))
      throw UsageError("setting \"" + key.name + "\" is " + key.to_toml(settings) + "; expected " +
                       key.expected);
  if (settings.preset != Preset::authors) return;

  const auto require = [](bool met, const char* problem) {
    if (!met) throw UsageError(problem);
  };
  require(settings.train.neural_time == NeuralTime::scaled,
          "setting \"train.neural_time\" is \"absolute\"; preset \"authors\" knows only "
          "\"scaled\", use preset \"exact\"");
  require(settings.train.validation == 0,
          "setting \"train.validation\" is not 0; preset \"authors\" trains on every trial, use "
          "preset \"exact\"");
  require(settings.seed <= std::numeric_limits<std::uint32_t>::max(),
          "setting \"seed\" is above 4294967295; preset \"authors\" takes NumPy's 32-bit seeds, "
          "give a smaller one");
}

std::string to_toml(const Settings& settings) {
  std::string text, table;
  for (const SettingKey& key : setting_keys()) {
    if (!key.known_to(settings.preset)) continue;
    if (key.table() != table) {
      table = key.table();
      text += "\n[" + table + "]\n";
    }
    text += key.field() + " = " + key.to_toml(settings) + "\n";
  }
  return text;
}

}  // namespace nnpoisson
