#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "nnpoisson/sweep.hpp"

namespace nnpoisson {

/// Fits as files, messages and tables hold them; numbers come back to the bit, NaN as null.
[[nodiscard]] nlohmann::ordered_json json_of(const BatchLoss& loss);
[[nodiscard]] nlohmann::ordered_json json_of(const SweepFit& fit);
/// Throws nlohmann's exceptions if it is no fit.
[[nodiscard]] SweepFit fit_of(const nlohmann::ordered_json& json);

}  // namespace nnpoisson
