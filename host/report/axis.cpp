#include "report/axis.hpp"

#include <algorithm>
#include <cmath>

namespace nnpoisson::report {

Axis axis(double first, double last) {
  const double rough = (last - first) / 4, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1., 2., 5.})
    if (rough <= factor * power * 1.2) return {first, last, factor * power};
  return {first, last, 10 * power};
}

void Extent::take(const std::vector<double>& numbers, double around) {
  for (const double v : numbers)
    if (std::isfinite(v)) low_ = std::min(low_, v - around), high_ = std::max(high_, v + around);
}

Axis Extent::axis(Range given, double margin) const {
  double low = low_ <= high_ ? low_ : 0, high = low_ <= high_ ? high_ : 1;
  const double wider = margin * (high - low);
  low = std::isnan(given.first) ? low - wider : given.first;
  high = std::isnan(given.second) ? high + wider : given.second;

  const bool one_value = !(high - low > 1e-9 * std::max(std::abs(low), std::abs(high)));
  if (one_value) {
    const double around = low == 0 ? 1 : 0.1 * std::abs(low);
    if (std::isnan(given.first)) low -= around;
    high += around;
  }
  return report::axis(low, high);
}

}  // namespace nnpoisson::report
