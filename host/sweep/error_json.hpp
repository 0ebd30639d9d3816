#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "nnpoisson/error.hpp"

namespace nnpoisson {

/// The Error that an exception caught just now is for the user, of whom `who` tells. Call it inside
/// a catch.
[[nodiscard]] Error error_caught(const std::string& who);

/// An Error as processes send it: {"error": message, "status": exit status}.
[[nodiscard]] std::string to_json(const Error& error);
[[nodiscard]] Error error_from_json(const nlohmann::ordered_json& json);

}  // namespace nnpoisson
