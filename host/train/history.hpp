#pragma once

#include <span>
#include <string>
#include <vector>

#include "nnpoisson/fit.hpp"

namespace nnpoisson {

inline constexpr std::size_t losses_beside_regions = 12;

/// Losses as a checkpoint keeps them: four each of training, test and validation, then those of
/// the regions.
[[nodiscard]] std::vector<double> numbers(const IterationLosses& losses);
[[nodiscard]] IterationLosses losses_from_numbers(std::span<const double> numbers);

/// test.csv: the authors' columns in their order, then ours. Empty where there is no such set.
/// Preset neurons has behaviour and penalty in place of left and right.
[[nodiscard]] std::string csv_header(Preset preset,
                                     const std::vector<std::string>& alphabetical_regions);
[[nodiscard]] std::string csv_line(int iteration, const IterationLosses& losses);
/// run.log: the authors' wording, after their prefix; then ours.
[[nodiscard]] std::string log_line(Preset preset, int iteration, const IterationLosses& losses);

}  // namespace nnpoisson
