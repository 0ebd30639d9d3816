#pragma once

#include <nlohmann/json.hpp>

#include "nnpoisson/dependencies.hpp"

namespace nnpoisson {

[[nodiscard]] nlohmann::ordered_json dependencies_json(const Dependencies& dependencies);

}  // namespace nnpoisson
