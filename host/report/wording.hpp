#pragma once

#include <array>
#include <string>

#include "nnpoisson/evaluate.hpp"

/// How numbers and names read on the page, in every section alike.
namespace nnpoisson::report {

/// By action.
inline constexpr std::array<const char*, 2> actions{"left", "right"};

/// A number, or a dash where it is NaN.
[[nodiscard]] std::string cell(double value, int decimals = 3);
/// An estimate's interval, "LOW to HIGH"; empty where there is nothing to estimate.
[[nodiscard]] std::string interval(const Estimate& estimate, int decimals = 3);
/// As a table names it.
[[nodiscard]] std::string model_name(SpikeModel model);

}  // namespace nnpoisson::report
