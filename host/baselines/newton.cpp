#include "baselines/newton.hpp"

#include <cmath>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// Cholesky's factor of the lower triangle of `a` [n x n], in its place; false where the matrix is
/// not positive definite.
bool factorise(std::vector<double>& a, std::size_t n, const Workers& workers) {
  // Of the diagonal: what rounding leaves of a direction that the data do not determine.
  constexpr double singular = 1e-13;
  for (std::size_t i = 0; i < n; ++i) {
    workers.stop_if_asked();
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      if (j < i) {
        a[i * n + j] = sum / a[j * n + j];
      } else {
        if (!(sum > singular * a[i * n + i])) return false;
        a[i * n + i] = std::sqrt(sum);
      }
    }
  }
  return true;
}

/// The solution of factor factor' x = x, in its place.
void substitute(const std::vector<double>& factor, std::vector<double>& x) {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) x[i] -= factor[k * n + i] * x[k];
    x[i] /= factor[i * n + i];
  }
}

}  // namespace

std::vector<double> maximise(std::vector<double> x,
                             const std::function<Concave(const std::vector<double>&)>& at,
                             const std::string& what, const Workers& workers) {
  constexpr int most_steps = 200, most_halvings = 60;
  Concave here = at(x);
  for (int step = 0; step < most_steps; ++step) {
    if (!factorise(here.curvature, x.size(), workers))
      throw NumericalError(what +
                           ": the trials do not determine all coefficients; a ridge above 0 does");
    std::vector<double> direction = here.gradient;
    substitute(here.curvature, direction);

    // Errors of a Newton step are the square of the last: this is rounding level after it.
    double promised = 0;
    for (std::size_t i = 0; i < x.size(); ++i) promised += direction[i] * here.gradient[i];
    const double size = 1 + std::abs(here.value);
    const bool last = promised <= 1e-14 * size;

    std::vector<double> next(x.size());
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < most_halvings && !better; ++halving, length /= 2) {
      workers.stop_if_asked();
      for (std::size_t i = 0; i < x.size(); ++i) next[i] = x[i] + length * direction[i];
      Concave there = at(next);
      // The value itself is a sum that is rounded.
      better = last || there.value >= here.value + 1e-4 * length * promised - 1e-13 * size;
      if (better) here = std::move(there);
    }
    if (!better) break;
    x = std::move(next);
    if (last) return x;
  }
  throw NumericalError(what + ": Newton's method finds no maximum; a ridge above 0 gives one");
}

}  // namespace nnpoisson
