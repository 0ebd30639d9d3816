#include "baselines/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <numeric>

namespace nnpoisson {
namespace {

double inner_product_of(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add_scaled(std::vector<double>& to, double factor, const std::vector<double>& x) {
  for (std::size_t i = 0; i < x.size(); ++i) to[i] += factor * x[i];
}

/// A step that was taken, and how the gradient changed over it.
struct Past {
  std::vector<double> step, change;
  double curvature = 0;  // step . change > 0
};

/// Minus the approximate inverse of the second derivatives times the gradient.
std::vector<double> descent(const std::deque<Past>& past, const std::vector<double>& gradient) {
  std::vector<double> direction = gradient, along(past.size());
  for (std::size_t i = past.size(); i-- > 0;) {
    along[i] = inner_product_of(past[i].step, direction) / past[i].curvature;
    add_scaled(direction, -along[i], past[i].change);
  }
  const double scale =
      past.empty()
          ? 1 / std::max(1.0, std::sqrt(inner_product_of(gradient, gradient)))
          : past.back().curvature / inner_product_of(past.back().change, past.back().change);
  for (double& d : direction) d *= scale;
  for (std::size_t i = 0; i < past.size(); ++i) {
    const double back = inner_product_of(past[i].change, direction) / past[i].curvature;
    add_scaled(direction, along[i] - back, past[i].step);
  }
  for (double& d : direction) d = -d;
  return direction;
}

}  // namespace

std::vector<double> minimise(std::vector<double> x,
                             const std::function<Smooth(const std::vector<double>&)>& at, int steps,
                             const Workers& workers) {
  constexpr std::size_t memory = 10;
  constexpr int most_halvings = 40;
  constexpr double enough = 1e-10;  // of the value: what a step must promise
  std::deque<Past> past;
  Smooth here = at(x);
  for (int step = 0; step < steps; ++step) {
    const std::vector<double> direction = descent(past, here.gradient);
    const double slope = inner_product_of(direction, here.gradient);
    if (!(-slope > enough * (1 + std::abs(here.value)))) break;

    double length = 1;
    bool better = false;
    std::vector<double> next;
    Smooth there;
    for (int halving = 0; halving < most_halvings && !better; ++halving, length /= 2) {
      workers.stop_if_asked();
      next = x;
      add_scaled(next, length, direction);
      there = at(next);
      better = there.value <= here.value + 1e-4 * length * slope;
    }
    if (!better) break;

    Past taken{next, there.gradient, 0};
    add_scaled(taken.step, -1, x);
    add_scaled(taken.change, -1, here.gradient);
    taken.curvature = inner_product_of(taken.step, taken.change);
    if (taken.curvature > 0) past.push_back(std::move(taken));
    if (past.size() > memory) past.pop_front();
    x = std::move(next);
    here = std::move(there);
  }
  return x;
}

}  // namespace nnpoisson
