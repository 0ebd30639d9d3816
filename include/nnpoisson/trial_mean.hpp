#pragma once

#include <limits>
#include <span>

namespace nnpoisson {

/// A mean over trials and its standard error; NaN where there is nothing to average.
struct TrialMean {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::quiet_NaN();
};

/// sum(values) / sum(weights) over trials, and the standard error of that ratio,
/// sqrt(sum (value - ratio weight)^2) / sum(weights). Differences between two models of the same
/// trials are paired: they go in as values.
[[nodiscard]] TrialMean trial_ratio(std::span<const double> values,
                                    std::span<const double> weights);
/// The mean of values, and its standard error.
[[nodiscard]] TrialMean trial_mean(std::span<const double> values);

}  // namespace nnpoisson
