#include "evaluate/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace nnpoisson {
namespace {
constexpr double none = std::numeric_limits<double>::quiet_NaN();
}

double ks_distance_from_uniform(std::vector<double> values) {
  if (values.empty()) return none;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto before = static_cast<double>(i);
    distance = std::max({distance, values[i] - before / n, (before + 1) / n - values[i]});
  }
  return distance;
}

double ks_band(std::size_t count) {
  if (count == 0) return none;
  const double root = std::sqrt(static_cast<double>(count));
  return 1.358 / (root + 0.12 + 0.11 / root);
}

double area_under_curve(std::span<const double> positive, std::span<const double> negative) {
  std::vector<double> sorted(negative.begin(), negative.end());
  std::sort(sorted.begin(), sorted.end());
  double won = 0;
  for (const double p : positive) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), p);
    won += static_cast<double>(first - sorted.begin()) + 0.5 * static_cast<double>(last - first);
  }
  return won / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

double bits_per_event(double log_likelihood, double null, double events) {
  return events > 0 ? (log_likelihood - null) / (events * std::numbers::ln2) : none;
}

double median(std::vector<double> values) {
  if (values.empty()) return none;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace nnpoisson
