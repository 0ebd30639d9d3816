#include "correlations/deviations.hpp"

#include <cmath>

namespace nnpoisson {
namespace {

/// x: columns divided by their standard deviations. Sums over pairs of columns are products of sums
/// over columns, so a row is known by its sum and its sum of squares over each group.
class Standardised {
 public:
  Standardised(const Deviations& deviations, const ColumnGroups& groups)
      : deviations_(deviations),
        groups_(groups.size()),
        scale_(deviations.columns),
        sum_(deviations.rows() * groups_),
        squares_(sum_) {
    for (std::size_t g = 0; g < groups_; ++g)
      for (const auto column : groups[g]) {
        scale_[column] = 1 / std::sqrt(deviations.variance(column));
        for (std::size_t row = 0; row < deviations.rows(); ++row) {
          const double x = at(row, column);
          sum_[row * groups_ + g] += x;
          squares_[row * groups_ + g] += x * x;
        }
      }
  }

  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return deviations_.at(row, column) * scale_[column];
  }
  [[nodiscard]] double sum(std::size_t row, std::size_t g) const { return sum_[row * groups_ + g]; }
  /// Sum over pairs of different columns, one of g and one of h, of the product of their x.
  [[nodiscard]] double products(std::size_t row, std::size_t g, std::size_t h) const {
    return sum(row, g) * sum(row, h) - (g == h ? squares_[row * groups_ + g] : 0);
  }

  /// [groups] sum of the correlations of a column of group g with the other columns of each.
  [[nodiscard]] std::vector<double> correlations(std::size_t column, std::size_t g) const {
    std::vector<double> with(groups_);
    for (std::size_t row = 0; row < deviations_.rows(); ++row) {
      const double x = deviations_.weight[row] * deviations_.at(row, column) * scale_[column];
      for (std::size_t h = 0; h < groups_; ++h) with[h] += x * sum(row, h);
    }

    // A column is no other column of its own group.
    for (std::size_t row = 0; row < deviations_.rows(); ++row) {
      const double x = at(row, column);
      with[g] -= deviations_.weight[row] * x * x;
    }
    return with;
  }

 private:
  const Deviations& deviations_;
  std::size_t groups_;
  std::vector<double> scale_;          // [columns]
  std::vector<double> sum_, squares_;  // [rows x groups]
};

/// How a row changes correlations by changing variances: [rows x groups x groups], for g and h the
/// sum over columns i of g of x_i^2 times the sum of i's correlations with h.
std::vector<double> pulls(const Standardised& x, std::size_t rows, const ColumnGroups& groups) {
  const std::size_t G = groups.size();
  std::vector<double> pull(rows * G * G);
  for (std::size_t g = 0; g < G; ++g)
    for (const auto column : groups[g]) {
      const auto with = x.correlations(column, g);
      for (std::size_t row = 0; row < rows; ++row) {
        const double value = x.at(row, column);
        for (std::size_t h = 0; h < G; ++h) pull[(row * G + g) * G + h] += value * value * with[h];
      }
    }
  return pull;
}

}  // namespace

double Deviations::variance(std::size_t column) const {
  double sum = independent[column];
  for (std::size_t row = 0; row < rows(); ++row)
    sum += weight[row] * at(row, column) * at(row, column);
  return sum;
}

Deviations sums(const Deviations& deviations, const ColumnGroups& groups) {
  const std::size_t rows = deviations.rows(), G = groups.size();
  Deviations sum{G, deviations.weight, std::vector<double>(rows * G), std::vector<double>(G)};
  for (std::size_t g = 0; g < G; ++g)
    for (const auto column : groups[g]) {
      sum.independent[g] += deviations.independent[column];
      for (std::size_t row = 0; row < rows; ++row)
        sum.value[row * G + g] += deviations.at(row, column);
    }
  return sum;
}

std::vector<SessionEstimate> mean_correlations(const Deviations& deviations,
                                               const ColumnGroups& groups, double inflation) {
  const std::size_t rows = deviations.rows(), G = groups.size();
  const Standardised x(deviations, groups);
  const auto pull = pulls(x, rows, groups);

  // Of two groups; `pairs` counts a pair within one group twice, as `products` does.
  const auto mean = [&](std::size_t g, std::size_t h, double pairs) {
    double value = 0, variance = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const double weight = deviations.weight[row], product = x.products(row, g, h);
      const double pulled = (pull[(row * G + g) * G + h] + pull[(row * G + h) * G + g]) / 2;
      const double influence = weight * (product - pulled) / pairs;
      value += weight * product / pairs;
      variance += influence * influence;
    }
    return SessionEstimate{g == h ? pairs / 2 : pairs, value, variance * inflation};
  };

  std::vector<SessionEstimate> estimates;
  for (std::size_t g = 0; g < G; ++g)
    for (std::size_t h = g; h < G; ++h) {
      const double members = static_cast<double>(groups[g].size());
      const double pairs = members * (g == h ? members - 1 : static_cast<double>(groups[h].size()));
      const bool known = pairs > 0 && rows > 0;
      estimates.push_back(known ? mean(g, h, pairs) : SessionEstimate{});
    }
  return estimates;
}

}  // namespace nnpoisson
