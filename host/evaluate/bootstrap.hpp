#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "baselines/workers.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Numbers that depend on how often each trial counts.
using TrialStatistics = std::function<void(std::span<const double> weight, std::span<double> out)>;

/// The statistics of all trials, with the 2.5 and 97.5 % points of them over trials drawn with
/// replacement within sessions. Resample b is a function of (seed, b). Statistics that are not
/// finite in a resample are left out of its percentiles. `what` they are, for progress; `count`:
/// how many.
[[nodiscard]] std::vector<Estimate> bootstrap(const std::string& what, const Dataset& data,
                                              const EvaluationOptions& options, std::size_t count,
                                              const TrialStatistics& statistics, Workers& workers);

}  // namespace nnpoisson
