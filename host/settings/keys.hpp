#pragma once

#include <toml++/toml.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// One setting: its full name ("train.iterations") and all that reading, checking and writing it
/// needs.
struct SettingKey {
  std::string name;
  std::string expected;         ///< what values there are, for messages
  std::vector<Preset> presets;  ///< that know it
  /// False: the value is not what is expected; the settings are unchanged.
  std::function<bool(Settings&, const toml::node&)> assign;
  std::function<bool(const Settings&)> in_range;
  std::function<std::string(const Settings&)> to_toml;  ///< the value as TOML, exact

  /// The two parts of the name, "train" and "iterations"; the table of a top-level key is "".
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string field() const;
  [[nodiscard]] bool known_to(Preset preset) const;
};

/// Every setting, in the order they are written: the one place that knows them. Top-level keys come
/// first, then table by table.
[[nodiscard]] std::span<const SettingKey> setting_keys();

/// The name most like `name` by edit distance, where the table may be left out.
[[nodiscard]] const std::string& nearest_key(const std::string& name);

}  // namespace nnpoisson
