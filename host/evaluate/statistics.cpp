#include "evaluate/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nnpoisson {

double ks_distance_from_uniform(std::span<const double> sorted) {
  if (sorted.empty()) return not_a_number;
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto before = static_cast<double>(i);
    distance = std::max({distance, sorted[i] - before / n, (before + 1) / n - sorted[i]});
  }
  return distance;
}

double ks_band(std::size_t count) {
  if (count == 0) return not_a_number;
  const double root = std::sqrt(static_cast<double>(count));
  return 1.358 / (root + 0.12 + 0.11 / root);
}

QuantilePlot quantile_plot(std::span<const double> sorted, std::size_t points) {
  QuantilePlot plot;
  const std::size_t shown = std::min(points, sorted.size());
  for (std::size_t k = 0; k < shown; ++k) {
    const std::size_t rank = (2 * k + 1) * sorted.size() / (2 * shown);
    plot.uniform.push_back((static_cast<double>(rank) + 0.5) / static_cast<double>(sorted.size()));
    plot.rescaled.push_back(sorted[rank]);
  }
  return plot;
}

double bits_per_event(double log_likelihood, double null, double events) {
  return events > 0 ? (log_likelihood - null) / (events * std::numbers::ln2) : not_a_number;
}

double pseudo_r2(double deviance, double null) {
  return null > 0 ? 1 - deviance / null : not_a_number;
}

double quantile(std::span<const double> sorted, double p) {
  if (sorted.empty()) return not_a_number;
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

Interval wilson_interval(double hits, double count) {
  if (!(count > 0)) return {};
  constexpr double z = normal_95;
  const double p = hits / count, scale = 1 + z * z / count;
  const double centre = (p + z * z / (2 * count)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count));
  return {centre - half, centre + half};
}

}  // namespace nnpoisson
