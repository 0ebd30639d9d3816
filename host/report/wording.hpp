#pragma once

#include <array>
#include <cstddef>
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
/// A mean and its standard error, "VALUE ± ERROR".
[[nodiscard]] std::string with_error(const TrialMean& mean, int decimals = 3);
/// What a difference says where its 95 % do not hold 0, else that it says nothing: "better than",
/// "worse than", "not told from".
[[nodiscard]] const char* verdict(const TrialMean& difference);
/// A number and what it counts, "1 trial", "2 trials".
[[nodiscard]] std::string counted(std::size_t n, const char* one, const char* many);
/// As a table names it.
[[nodiscard]] std::string model_name(SpikeModel model);
/// The same of NeuronBaselineScore::name.
[[nodiscard]] std::string baseline_name(const std::string& name);

}  // namespace nnpoisson::report
