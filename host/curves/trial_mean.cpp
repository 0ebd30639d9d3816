#include "nnpoisson/trial_mean.hpp"

#include <cmath>
#include <vector>

namespace nnpoisson {

TrialMean trial_ratio(std::span<const double> values, std::span<const double> weights) {
  double sum = 0, all = 0, squares = 0;
  for (std::size_t n = 0; n < values.size(); ++n) {
    sum += values[n];
    all += weights[n];
  }
  if (!(all > 0)) return {};
  const double mean = sum / all;
  for (std::size_t n = 0; n < values.size(); ++n) {
    const double away = values[n] - mean * weights[n];
    squares += away * away;
  }
  return {mean, std::sqrt(squares) / all};
}

TrialMean trial_mean(std::span<const double> values) {
  return trial_ratio(values, std::vector<double>(values.size(), 1));
}

}  // namespace nnpoisson
