#pragma once

#include <cstddef>
#include <vector>

#include "correlations/session_estimate.hpp"

namespace nnpoisson {

/// How columns, units or regions, vary together: covariance i, j is sum_n weight_n value_ni
/// value_nj.
struct Deviations {
  std::size_t columns = 0;
  std::vector<double> weight{};  ///< [rows]
  std::vector<double> value{};   ///< [rows x columns]
  /// [columns] variance of each alone, not in the rows: Poisson.
  std::vector<double> independent{};

  [[nodiscard]] std::size_t rows() const { return weight.size(); }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return value[row * columns + column];
  }
  [[nodiscard]] double variance(std::size_t column) const;
};

/// Columns that belong together.
using ColumnGroups = std::vector<std::vector<std::size_t>>;

/// The sums of the columns of each group.
[[nodiscard]] Deviations sums(const Deviations& deviations, const ColumnGroups& groups);

/// For each two groups of columns (0, 0), (0, 1), ... (1, 1), ... the mean correlation over pairs
/// of different columns, one of each group, all of which vary; the number of pairs is the weight.
/// The variance is that of rows drawn at random, times `inflation`.
[[nodiscard]] std::vector<SessionEstimate> mean_correlations(const Deviations& deviations,
                                                             const ColumnGroups& groups,
                                                             double inflation);

}  // namespace nnpoisson
