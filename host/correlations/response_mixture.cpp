#include "correlations/response_mixture.hpp"

#include <algorithm>
#include <cmath>

#include "correlations/count_distribution.hpp"
#include "curves/quadrature.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {
ResponseMixture response_mixture(const Model& model, std::span<const double> stimulus,
                                 Window window, const std::vector<std::size_t>& columns) {
  Curves curves(model, stimulus);
  ResponseMixture mixture{.columns = columns.size()};
  std::vector<Growth> first(columns.size()), last(columns.size());
  const auto add = [&](double until, double left, double right, double none) {
    mixture.left.push_back(left);
    mixture.right.push_back(right);
    mixture.none.push_back(none);
    const double scale = time_scale(model, until);
    curves.columns(window.from, scale, columns, first);
    curves.columns(std::min(window.until, until), scale, columns, last);
    for (std::size_t c = 0; c < columns.size(); ++c)
      mixture.mean.push_back(last[c].cumulative - first[c].cumulative);
  };

  // Counts have a kink at the window's end: they no longer grow with later responses.
  const double W = model.time_limit;
  std::vector<double> edges{window.from};
  for (const double edge : {window.until, W})
    if (edge > edges.back()) edges.push_back(edge);
  for (const auto& [time, weight] : quadrature(edges, W)) {
    const auto [left, right] = curves.actions(time);
    const double survival = weight * std::exp(-(left.cumulative + right.cumulative));
    add(time, survival * left.intensity, survival * right.intensity, 0);
  }
  add(W, 0, 0, std::exp(-curves.response(W).cumulative));

  // Given that the trial does not end before the window.
  double total = 0;
  for (std::size_t q = 0; q < mixture.size(); ++q) total += mixture.any(q);
  for (auto* probabilities : {&mixture.left, &mixture.right, &mixture.none})
    for (double& p : *probabilities) p /= total;
  return mixture;
}

double roc_area(const ResponseMixture& mixture, const std::vector<double>& mean) {
  double all_left = 0, all_right = 0;
  for (std::size_t q = 0; q < mixture.size(); ++q) {
    all_left += mixture.left[q];
    all_right += mixture.right[q];
  }

  // The distributions of the counts before either choice.
  std::vector<double> left, right;
  for (std::size_t q = 0; q < mixture.size(); ++q) {
    if (mixture.left[q] > 0) add_count(left, mean[q], 0, mixture.left[q] / all_left);
    if (mixture.right[q] > 0) add_count(right, mean[q], 0, mixture.right[q] / all_right);
  }

  return count_roc_area(left, right);
}

}  // namespace nnpoisson
