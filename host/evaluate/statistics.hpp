#pragma once

#include <span>
#include <vector>

namespace nnpoisson {

/// Largest distance between the distribution of `values` and the uniform one on [0, 1]; NaN without values.
[[nodiscard]] double ks_distance_from_uniform(std::vector<double> values);
/// 95 % of the distances of `count` independent uniform values lie below it; NaN for 0.
[[nodiscard]] double ks_band(std::size_t count);

/// Probability that a positive case scores above a negative one, ties counted half; NaN where one of the two is missing.
[[nodiscard]] double area_under_curve(std::span<const double> positive, std::span<const double> negative);

/// (log_likelihood - null) / (events log 2); NaN without events.
[[nodiscard]] double bits_per_event(double log_likelihood, double null, double events);

/// NaN without values.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace nnpoisson
