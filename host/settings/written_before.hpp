#pragma once

#include <string>
#include <string_view>

namespace nnpoisson {

/// Settings as to_toml wrote them while presets exact and authors could read out units, plain or
/// inside JSON: without the line that says that regions are read out, they are as today's.
inline std::string without_readout(std::string settings) {
  for (const std::string_view line : {"readout = \"region\"\n", "readout = \\\"region\\\"\\n"})
    if (const auto at = settings.find(line); at != std::string::npos)
      settings.erase(at, line.size());
  return settings;
}

}  // namespace nnpoisson
