#pragma once

#include <vector>

namespace nnpoisson {

/// Adds `weight` times the probabilities of a count of this mean to those by count. The count is
/// Poisson, or, with a dispersion above 0, negative binomial: its variance is mean + dispersion
/// mean^2. What is below 1e-18 is left out.
void add_count(std::vector<double>& probability, double mean, double dispersion, double weight);

/// P(left > right) + P(equal) / 2 of two counts, given their probabilities by count.
[[nodiscard]] double count_roc_area(const std::vector<double>& left,
                                    const std::vector<double>& right);

}  // namespace nnpoisson
