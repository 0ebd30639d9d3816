#include <algorithm>
#include <cmath>
#include <utility>

#include "nnpoisson/curves.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t cells = 16;

std::vector<Growth> tabulate(const InverseCurve::Curve& curve, double limit) {
  std::vector<Growth> table(cells + 1);
  for (std::size_t k = 0; k <= cells; ++k) table[k] = curve(limit * static_cast<double>(k) / cells);
  return table;
}

/// Time within a cell of the table, as a fraction of its width: the cubic through both ends with
/// the inverse slopes there.
double hermite(double u, double slope0, double slope1) {
  return u * ((1 - u) * ((1 - u) * slope0 - u * slope1) + u * (3 - 2 * u));
}

}  // namespace

InverseCurve::InverseCurve(Curve curve, double limit, std::vector<Growth> table)
    : curve_(std::move(curve)), limit_(limit), table_(std::move(table)) {}

InverseCurve::InverseCurve(Curve curve, double limit)
    : InverseCurve(curve, limit, tabulate(curve, limit)) {}

double InverseCurve::operator()(double cumulative) const {
  if (!(cumulative > table_.front().cumulative)) return 0;
  if (!(cumulative < total())) return limit_;

  // The cell of the table that the curve passes `cumulative` in.
  const auto above = std::upper_bound(table_.begin(), table_.end(), cumulative,
                                      [](double c, const Growth& g) { return c < g.cumulative; });
  const auto k = static_cast<double>(above - table_.begin());
  const Growth start = above[-1], end = above[0];
  const double width = limit_ / static_cast<double>(table_.size() - 1);
  double low = width * (k - 1), high = std::min(width * k, limit_);

  // A first guess inside the cell.
  const double rise = end.cumulative - start.cumulative;
  const double u = (cumulative - start.cumulative) / rise;
  double time =
      low + width * hermite(u, rise / (width * start.intensity), rise / (width * end.intensity));
  if (!(time > low && time < high)) time = low + width * u;

  // Newton steps, halving the bracket where one would leave it.
  constexpr double tolerance = 1e-12;
  while (true) {
    const Growth now = curve_(time);
    (now.cumulative < cumulative ? low : high) = time;
    double next = time + (cumulative - now.cumulative) / now.intensity;
    const bool newton = next >= low && next <= high;
    if (!newton) next = low + (high - low) / 2;

    const double step = std::abs(next - time);
    if ((newton && step <= tolerance * time) || step == 0 || high - low <= tolerance * low)
      return next;
    time = next;
  }
}

}  // namespace nnpoisson
