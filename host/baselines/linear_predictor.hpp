#pragma once

#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "baselines/newton.hpp"
#include "baselines/training_sets.hpp"

/// What regressions on the stimulus share: parameters begin with an intercept and a weight for each
/// feature, w = (w_0, w_1, ..., w_F, ...).
namespace nnpoisson {

/// w_0 + sum_f w_f s_f.
inline double linear(std::span<const double> w, std::span<const double> stimulus) {
  return std::inner_product(stimulus.begin(), stimulus.end(), w.begin() + 1, w[0]);
}

/// Adds weight x x' to the lower triangle of the first rows, x = (1, stimulus).
inline void add_square(Concave& to, std::span<const double> stimulus, double weight) {
  const auto x = [&](std::size_t i) { return i == 0 ? 1 : stimulus[i - 1]; };
  const std::size_t size = to.gradient.size();
  for (std::size_t i = 0; i <= stimulus.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) to.curvature[i * size + j] += weight * x(i) * x(j);
}

/// On all parameters but the intercept.
inline void add_ridge(Concave& to, const std::vector<double>& w, double ridge) {
  const std::size_t size = w.size();
  for (std::size_t i = 1; i < size; ++i) {
    to.value -= ridge / 2 * w[i] * w[i];
    to.gradient[i] -= ridge * w[i];
    to.curvature[i * size + i] += ridge;
  }
}

/// visit(trial, its stimulus) for the trials of a set.
template <class Visit>
void for_each_trial(const TrainingSets& sets, std::size_t set, const Visit& visit) {
  for (std::size_t n = 0; n < sets.trials.stimulus.size(); ++n)
    if (sets.holds(set, n)) visit(n, std::span<const double>(sets.trials.stimulus[n]));
}

}  // namespace nnpoisson
