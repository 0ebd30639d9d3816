#pragma once

#include <limits>
#include <span>
#include <vector>

#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Largest distance between the distribution of `sorted`, ascending values, and the uniform one on
/// [0, 1]; NaN without values.
[[nodiscard]] double ks_distance_from_uniform(std::span<const double> sorted);
/// 95 % of the distances of `count` independent uniform values lie below it; NaN for 0.
[[nodiscard]] double ks_band(std::size_t count);
/// At most `points` of the sorted values, evenly spaced in rank, each beside (rank - 1/2) / count.
[[nodiscard]] QuantilePlot quantile_plot(std::span<const double> sorted, std::size_t points);

/// (log_likelihood - null) / (events log 2); NaN without events.
[[nodiscard]] double bits_per_event(double log_likelihood, double null, double events);
/// 1 - deviance / that of the null model.
[[nodiscard]] double pseudo_r2(double deviance, double null);

/// The value below which a share `p` of the sorted values lies, linear between neighbours; NaN
/// without values.
[[nodiscard]] double quantile(std::span<const double> sorted, double p);
/// NaN without values.
[[nodiscard]] double median(std::vector<double> values);

/// Wilson's (1927) 95 % interval of a probability after `hits` of `count`; NaN for 0.
[[nodiscard]] Interval wilson_interval(double hits, double count);

}  // namespace nnpoisson
