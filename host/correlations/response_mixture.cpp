#include "correlations/response_mixture.hpp"

#include <algorithm>
#include <cmath>

#include "curves/quadrature.hpp"
#include "curves/roc.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {
namespace {

/// Adds `weight` times the probabilities of a Poisson count of this mean; what is below 1e-18 is
/// left out.
void add_poisson(std::vector<double>& probability, double mean, double weight) {
  const auto middle = static_cast<std::size_t>(mean);
  const auto count = static_cast<double>(middle);
  const double peak = std::exp(count * std::log(mean) - mean - std::lgamma(count + 1));
  const auto add = [&](std::size_t n, double p) {
    if (probability.size() <= n) probability.resize(n + 1);
    probability[n] += weight * p;
  };

  double p = peak;
  for (std::size_t n = middle; p > 1e-18; p *= mean / static_cast<double>(++n)) add(n, p);

  p = peak;
  for (std::size_t n = middle; n > 0;) {
    p *= static_cast<double>(n--) / mean;
    if (!(p > 1e-18)) break;
    add(n, p);
  }
}

}  // namespace

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
    if (mixture.left[q] > 0) add_poisson(left, mean[q], mixture.left[q] / all_left);
    if (mixture.right[q] > 0) add_poisson(right, mean[q], mixture.right[q] / all_right);
  }

  double area = 0, below = 0;
  for (std::size_t n = 0; n < left.size(); ++n) {
    const double equal = n < right.size() ? right[n] : 0;
    area += left[n] * beaten(below, equal);
    below += equal;
  }
  return area;
}

}  // namespace nnpoisson
