#include "correlations/count_distribution.hpp"

#include <cmath>
#include <cstddef>

#include "curves/roc.hpp"

namespace nnpoisson {
namespace {

/// Below it a count is taken for Poisson: differences of lgamma would cancel.
constexpr double least_dispersion = 1e-7;

double log_probability(double count, double mean, double dispersion) {
  if (dispersion < least_dispersion) return count * std::log(mean) - mean - std::lgamma(count + 1);
  const double shape = 1 / dispersion;
  return std::lgamma(count + shape) - std::lgamma(shape) - std::lgamma(count + 1) +
         count * std::log(mean * dispersion) - (count + shape) * std::log1p(mean * dispersion);
}

}  // namespace

void add_count(std::vector<double>& probability, double mean, double dispersion, double weight) {
  const auto middle = static_cast<std::size_t>(mean);
  const double peak = std::exp(log_probability(static_cast<double>(middle), mean, dispersion));
  const auto add = [&](std::size_t n, double p) {
    if (probability.size() <= n) probability.resize(n + 1);
    probability[n] += weight * p;
  };
  // From the probability of n - 1 to that of n.
  const auto step = [&](double n) {
    return mean * (1 + (n - 1) * dispersion) / (n * (1 + mean * dispersion));
  };

  double p = peak;
  for (std::size_t n = middle; p > 1e-18; p *= step(static_cast<double>(++n))) add(n, p);

  p = peak;
  for (std::size_t n = middle; n > 0;) {
    p /= step(static_cast<double>(n--));
    if (!(p > 1e-18)) break;
    add(n, p);
  }
}

double count_roc_area(const std::vector<double>& left, const std::vector<double>& right) {
  double area = 0, below = 0;
  for (std::size_t n = 0; n < left.size(); ++n) {
    const double equal = n < right.size() ? right[n] : 0;
    area += left[n] * beaten(below, equal);
    below += equal;
  }
  return area;
}

}  // namespace nnpoisson
