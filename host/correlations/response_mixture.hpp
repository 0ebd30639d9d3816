#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nnpoisson/correlations.hpp"

namespace nnpoisson {

/// When trials of one stimulus end, inside or after a window, and what units' counts in the window
/// are then: a mixture of Poisson counts over quadrature nodes, one of which is no response.
struct ResponseMixture {
  std::vector<double> left{}, right{}, none{};  ///< [nodes] probabilities, in sum 1 together
  std::size_t columns = 0;
  std::vector<double> mean{};  ///< [nodes x columns] expected spikes of one unit

  [[nodiscard]] std::size_t size() const { return left.size(); }
  /// Probability of node q.
  [[nodiscard]] double any(std::size_t q) const { return left[q] + right[q] + none[q]; }
  [[nodiscard]] double mean_of(std::size_t q, std::size_t column) const {
    return mean[q * columns + column];
  }
};

/// `columns`: those of the network whose counts are wanted.
[[nodiscard]] ResponseMixture response_mixture(const Model& model, std::span<const double> stimulus,
                                               Window window,
                                               const std::vector<std::size_t>& columns);

/// P(left count > right count) + P(equal) / 2, for counts that are Poisson with these means [nodes]
/// given when the response comes.
[[nodiscard]] double roc_area(const ResponseMixture& mixture, const std::vector<double>& mean);

}  // namespace nnpoisson
