#pragma once

#include <span>
#include <string>
#include <vector>

#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// What a sweep compares: all combinations of the values of some settings.
struct Grid {
  struct Configuration {
    Settings settings;
    std::vector<std::string> values;  ///< one for each key, as given
  };
  std::vector<std::string> keys;
  std::vector<Configuration> configurations;  ///< the last key's values change fastest
};

/// `words`: names of grids, or "key=value,value". Without any the base settings are the one
/// configuration. Throws UsageError.
[[nodiscard]] Grid make_grid(const Settings& base, std::span<const std::string> words);

}  // namespace nnpoisson
