#include <cmath>

#include "curves/quadrature.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {
namespace {

/// Adds the probabilities of a left and of a right response between the ends of the nodes.
void add_responses(const Actions& actions, const std::vector<Node>& nodes, double& in_left,
                   double& in_right) {
  for (const auto& [time, weight] : nodes) {
    const auto [left, right] = actions(time);
    const double survival = std::exp(-(left.cumulative + right.cumulative));
    in_left += weight * left.intensity * survival;
    in_right += weight * right.intensity * survival;
  }
}

}  // namespace

ResponsePrediction predict_response(const Actions& actions, double limit) {
  ResponsePrediction predicted;
  add_responses(actions, quadrature({0, limit}, limit), predicted.left, predicted.right);
  const auto response = [&](double t) -> Growth {
    const auto [left, right] = actions(t);
    return {left.cumulative + right.cumulative, left.intensity + right.intensity};
  };
  const InverseCurve time_of(response, limit);
  const double responding = -std::expm1(-time_of.total());
  predicted.median_time = time_of(-std::log1p(-responding / 2));
  return predicted;
}

ResponseDistribution response_distribution(const Actions& actions, double limit) {
  constexpr int steps = 64;
  ResponseDistribution by{{0}, {0}, {0}};
  for (int k = 0; k < steps; ++k) {
    by.time.push_back(limit * (k + 1) / steps);
    double in_left = by.left.back(), in_right = by.right.back();
    add_responses(actions,
                  quadrature({by.time[static_cast<std::size_t>(k)], by.time.back()}, limit),
                  in_left, in_right);
    by.left.push_back(in_left);
    by.right.push_back(in_right);
  }
  return by;
}

ResponseDistribution response_distribution(Curves& curves, double limit) {
  return response_distribution([&](double t) { return curves.actions(t); }, limit);
}

ResponsePrediction predict_response(Curves& curves, double limit) {
  return predict_response([&](double t) { return curves.actions(t); }, limit);
}

}  // namespace nnpoisson
