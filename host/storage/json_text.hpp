#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace nnpoisson {

/// A document as files and standard output have it. Names come from files and may hold any bytes:
/// what is no UTF-8 is replaced, and does not end the program.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace nnpoisson
