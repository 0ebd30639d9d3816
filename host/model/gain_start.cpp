#include "model/gain_start.hpp"

#include <algorithm>
#include <cmath>

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// R v for R [rows x columns], and its transpose.
Numbers product(const Numbers& R, std::size_t columns, const Numbers& v) {
  Numbers out(R.size() / columns);
  for (std::size_t r = 0; r < out.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c) out[r] += R[r * columns + c] * v[c];
  return out;
}
Numbers transposed_product(const Numbers& R, std::size_t columns, const Numbers& v) {
  Numbers out(columns);
  for (std::size_t r = 0; r < v.size(); ++r)
    for (std::size_t c = 0; c < columns; ++c) out[c] += R[r * columns + c] * v[r];
  return out;
}

/// The leading eigenvector of a symmetric matrix, [n x n], by Jacobi's rotations.
Numbers leading_of_small(Numbers a, std::size_t n) {
  Numbers vectors(n * n);
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < n * n; ++i) {
      all += a[i] * a[i];
      if (i / n != i % n) off += a[i] * a[i];
    }
    if (off <= 1e-30 * all) break;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] == 0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const double u = vectors[k * n + p], v = vectors[k * n + q];
          vectors[k * n + p] = c * u - s * v;
          vectors[k * n + q] = s * u + c * v;
        }
      }
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < n; ++i)
    if (a[i * n + i] > a[best * n + best]) best = i;
  Numbers leading(n);
  for (std::size_t k = 0; k < n; ++k) leading[k] = vectors[k * n + best];
  return leading;
}

struct Leading {
  Numbers vector;
  double value = 0;
};

/// Of R'R / rows: Lanczos' method, begun anew from its best vector until that is an eigenvector.
Leading leading_component(const Numbers& R, std::size_t columns) {
  const auto rows = static_cast<double>(R.size()) / static_cast<double>(columns);
  const std::size_t most = std::min<std::size_t>(columns, 24);
  Leading found{Numbers(columns), 0};
  for (std::size_t c = 0; c < columns; ++c)  // no eigenvector by chance
    found.vector[c] = 1 + 0.5 * std::sin(static_cast<double>(7 * c + 1));

  for (int round = 0; round < 400; ++round) {
    std::vector<Numbers> basis;
    Numbers next = found.vector, image(most * most);
    for (std::size_t j = 0; j < most; ++j) {
      for (int twice = 0; twice < 2; ++twice)
        for (const Numbers& b : basis) {
          const double along = dot(next, b);
          for (std::size_t c = 0; c < columns; ++c) next[c] -= along * b[c];
        }
      const double length = std::sqrt(dot(next, next));
      if (!(length > 1e-14)) break;
      for (double& x : next) x /= length;
      basis.push_back(next);
      next = transposed_product(R, columns, product(R, columns, next));
      for (double& x : next) x /= rows;
      for (std::size_t k = 0; k <= j; ++k)
        image[k * most + j] = image[j * most + k] = dot(next, basis[k]);
    }
    const std::size_t n = basis.size();
    Numbers small(n * n);
    for (std::size_t k = 0; k < n * n; ++k) small[k] = image[k / n * most + k % n];
    const Numbers mix = leading_of_small(small, n);
    Numbers vector(columns);
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t c = 0; c < columns; ++c) vector[c] += mix[k] * basis[k][c];
    Numbers applied = transposed_product(R, columns, product(R, columns, vector));
    for (double& x : applied) x /= rows;
    found = {vector, dot(vector, applied)};
    for (std::size_t c = 0; c < columns; ++c) applied[c] -= found.value * vector[c];
    if (n == columns || std::sqrt(dot(applied, applied)) <= 1e-13 * found.value) break;
  }
  return found;
}

}  // namespace

std::vector<double> starting_loadings(const SessionCounts& session) {
  Numbers R(session.count.size()), mean(session.units);
  for (std::size_t i = 0; i < R.size(); ++i) {
    R[i] =
        (session.count[i] - session.expected[i]) / std::sqrt(std::max(session.expected[i], 0.05));
    mean[i % session.units] += session.expected[i] / static_cast<double>(session.trials());
  }
  auto [v, value] = leading_component(R, session.units);
  const double towards = dot(product(R, session.units, v), session.choice);
  const double largest = *std::ranges::max_element(v, {}, [](double x) { return std::abs(x); });
  const double sign = (towards != 0 ? towards : largest) < 0 ? -1 : 1;
  for (std::size_t u = 0; u < v.size(); ++u)
    v[u] *= sign * std::sqrt(std::max(value - 1, 0.05)) / std::sqrt(std::max(mean[u], 0.2));
  return v;
}

std::vector<double> starting_log_shapes(const SessionCounts& session,
                                        const std::vector<double>& loadings) {
  Numbers logs;
  for (std::size_t u = 0; u < session.units; ++u) {
    double excess = 0, squares = 0;
    for (std::size_t cell = u; cell < session.count.size(); cell += session.units) {
      const double M = session.expected[cell], away = session.count[cell] - M;
      excess += away * away - session.count[cell];
      squares += M * M;
    }
    logs.push_back(-std::log(std::clamp(excess / squares - loadings[u] * loadings[u], 0.01, 3.0)));
  }
  return logs;
}

}  // namespace nnpoisson
