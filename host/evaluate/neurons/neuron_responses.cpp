#include "evaluate/neurons/neuron_responses.hpp"

#include <cmath>
#include <map>

#include "evaluate/response_times.hpp"

namespace nnpoisson {
namespace {

/// Both actions over all nodes at a time: a node weighs as its prior and its survival so far. Left
/// has the cumulative hazard of both together, of which competing risks read only the sum.
std::array<Growth, 2> over_nodes(const NeuronCurves& curves, double time) {
  const auto total = curves.cumulative_hazards(time), hazard = curves.hazards(time);
  const std::size_t K = curves.log_prior().size();
  double surviving = 0, left = 0, right = 0;
  for (std::size_t k = 0; k < K; ++k) {
    const double weight = std::exp(curves.log_prior()[k] - total[k] - total[K + k]);
    surviving += weight;
    left += weight * hazard[k];
    right += weight * hazard[K + k];
  }
  return {{{-std::log(surviving), left / surviving}, {0, right / surviving}}};
}

ResponsePrediction at_the_end(const ResponseDistribution& by) {
  std::vector<double> either = by.left;
  for (std::size_t k = 0; k < either.size(); ++k) either[k] += by.right[k];
  return {by.left.back(), by.right.back(), time_of(by.time, either, either.back() / 2)};
}

}  // namespace

PredictedResponses predict_neuron_responses(const NeuronTrials& trials, const Dataset& data,
                                            Workers& workers) {
  std::map<std::vector<double>, std::vector<std::size_t>> by_stimulus;
  const auto F = static_cast<std::ptrdiff_t>(data.features());
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto first = data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n) * F;
    by_stimulus[{first, first + F}].push_back(n);
  }

  PredictedResponses predicted = unpredicted(by_stimulus, data.trials());
  workers.for_each(
      "predicted responses: stimuli", predicted.stimulus.size(),
      [&](std::size_t k) {
        const NeuronCurves& curves = trials.curves(predicted.trials[k].front());
        predicted.distribution[k] = response_distribution(
            [&](double time) { return over_nodes(curves, time); }, data.time_limit);
        predicted.response[k] = at_the_end(predicted.distribution[k]);
      },
      1);
  return predicted;
}

}  // namespace nnpoisson
