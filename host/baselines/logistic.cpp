#include <algorithm>
#include <cmath>

#include "baselines/behaviour_baselines.hpp"
#include "baselines/linear_predictor.hpp"

namespace nnpoisson {
namespace {

Concave logistic_at(const TrainingSets& sets, std::size_t set, const std::vector<double>& w,
                    double ridge) {
  const Dataset& data = *sets.trials.data;
  Concave result(w.size());
  for_each_trial(sets, set, [&](std::size_t n, std::span<const double> stimulus) {
    if (!data.responded(n)) return;
    const bool left = data.action(n) == 0;
    const double eta = linear(w, stimulus), toward = left ? eta : -eta;
    result.value -= std::max(-toward, 0.0) + std::log1p(std::exp(-std::abs(toward)));

    const double p = logistic_probability(w, stimulus), rest = (left ? 1 : 0) - p;
    result.gradient[0] += rest;
    for (std::size_t f = 0; f < stimulus.size(); ++f) result.gradient[1 + f] += rest * stimulus[f];
    add_square(result, stimulus, p * (1 - p));
  });
  add_ridge(result, w, ridge);
  return result;
}

}  // namespace

std::vector<std::vector<double>> fit_logistic(const TrainingSets& sets, double ridge,
                                              Workers& workers) {
  const std::vector<double> start(1 + sets.trials.stimulus.front().size());
  std::vector<std::vector<double>> fits(sets.sets);
  workers.for_each(
      "logistic regression: fits", sets.sets,
      [&](std::size_t set) {
        const auto at = [&](const std::vector<double>& w) {
          return logistic_at(sets, set, w, ridge);
        };
        fits[set] = maximise(start, at, "logistic regression", workers);
      },
      1);
  return fits;
}

double logistic_probability(std::span<const double> coefficients,
                            std::span<const double> stimulus) {
  return 1 / (1 + std::exp(-linear(coefficients, stimulus)));
}

}  // namespace nnpoisson
