#include "covariability/correlation.hpp"

#include <cmath>

namespace nnpoisson {

double Deviations::variance(std::size_t column) const {
  double sum = own[column];
  for (std::size_t n = 0; n < weight.size(); ++n)
    sum += weight[n] * value[n * columns + column] * value[n * columns + column];
  return sum;
}

Deviations sums(const Deviations& d, const std::vector<std::vector<std::size_t>>& groups) {
  Deviations sum{groups.size(), d.weight, std::vector<double>(d.weight.size() * groups.size()),
                 std::vector<double>(groups.size())};
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const auto i : groups[g]) {
      sum.own[g] += d.own[i];
      for (std::size_t n = 0; n < d.weight.size(); ++n)
        sum.value[n * groups.size() + g] += d.value[n * d.columns + i];
    }
  return sum;
}

std::vector<Part> mean_correlations(const Deviations& d,
                                    const std::vector<std::vector<std::size_t>>& groups,
                                    double inflation) {
  // With x a column divided by its standard deviation, sums over pairs are products of sums over
  // columns: S_g = sum of x over group g.
  const std::size_t rows = d.weight.size(), G = groups.size();
  std::vector<double> scale(d.columns), S(rows * G), squares(rows * G);
  for (std::size_t g = 0; g < G; ++g)
    for (const auto i : groups[g]) {
      scale[i] = 1 / std::sqrt(d.variance(i));
      for (std::size_t n = 0; n < rows; ++n) {
        const double x = d.value[n * d.columns + i] * scale[i];
        S[n * G + g] += x;
        squares[n * G + g] += x * x;
      }
    }
  // pull[n, g, h] = sum over i of g of x_ni^2 times the sum of i's correlations with h: how a row
  // changes them by changing i's variance.
  std::vector<double> pull(rows * G * G);
  for (std::size_t g = 0; g < G; ++g)
    for (const auto i : groups[g]) {
      std::vector<double> with(G);
      for (std::size_t n = 0; n < rows; ++n) {
        const double x = d.weight[n] * d.value[n * d.columns + i] * scale[i];
        for (std::size_t h = 0; h < G; ++h) with[h] += x * S[n * G + h];
      }
      for (std::size_t n = 0; n < rows; ++n) {
        const double x = d.value[n * d.columns + i] * scale[i];
        with[g] -= d.weight[n] * x * x;
      }
      for (std::size_t n = 0; n < rows; ++n) {
        const double x = d.value[n * d.columns + i] * scale[i];
        for (std::size_t h = 0; h < G; ++h) pull[(n * G + g) * G + h] += x * x * with[h];
      }
    }
  std::vector<Part> parts;
  for (std::size_t g = 0; g < G; ++g)
    for (std::size_t h = g; h < G; ++h) {
      const double members = static_cast<double>(groups[g].size());
      const double pairs = members * (g == h ? members - 1 : static_cast<double>(groups[h].size()));
      if (!(pairs > 0) || rows == 0) {
        parts.push_back(no_part());
        continue;
      }
      double value = 0, variance = 0;
      for (std::size_t n = 0; n < rows; ++n) {
        const double product = S[n * G + g] * S[n * G + h] - (g == h ? squares[n * G + g] : 0);
        const double influence =
            d.weight[n] * (product - (pull[(n * G + g) * G + h] + pull[(n * G + h) * G + g]) / 2) /
            pairs;
        value += d.weight[n] * product / pairs;
        variance += influence * influence;
      }
      parts.push_back({g == h ? pairs / 2 : pairs, value, variance * inflation});
    }
  return parts;
}

}  // namespace nnpoisson
