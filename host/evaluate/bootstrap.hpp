#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Numbers that depend on how often each trial counts.
using TrialStatistics = std::function<void(std::span<const double> weight, std::span<double> out)>;

/// The statistics of all trials, with the 2.5 and 97.5 % points of them over trials drawn with
/// replacement within sessions. Resample b is a function of (seed, b). Statistics that are not
/// finite in a resample are left out of its percentiles.
[[nodiscard]] std::vector<Estimate> bootstrap(const Dataset& data, const EvaluationOptions& options,
                                              std::size_t count, const TrialStatistics& statistics);

}  // namespace nnpoisson
