#include "evaluate/neurons/neuron_responses.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

/// Node by node, weighed by the prior.
TEST(NeuronResponses, AreMixturesOverTheLatent) {
  const auto [model, data] = known_neurons(20);
  const NeuronTrials trials(model, data);
  const Watch watch;
  Workers workers(1, watch);
  const auto predicted = predict_neuron_responses(trials, data, workers);
  ASSERT_GT(predicted.stimulus.size(), 2U);
  for (std::size_t s = 0; s < predicted.stimulus.size(); ++s) {
    const NeuronCurves curves(model, predicted.stimulus[s]);
    const std::size_t K = curves.log_prior().size();
    double left = 0, right = 0, early = 0;
    const double median = predicted.response[s].median_time;
    for (std::size_t k = 0; k < K; ++k) {
      const auto actions = [&](double time) {
        const auto total = curves.cumulative_hazards(time), hazard = curves.hazards(time);
        return std::array<Growth, 2>{{{total[k], hazard[k]}, {total[K + k], hazard[K + k]}}};
      };
      const double weight = std::exp(curves.log_prior()[k]);
      const auto of_node = predict_response(actions, model.time_limit);
      left += weight * of_node.left, right += weight * of_node.right;
      const auto [l, r] = actions(median);
      early += weight * -std::expm1(-l.cumulative - r.cumulative);
    }
    EXPECT_NEAR(predicted.response[s].left, left, 1e-6);
    EXPECT_NEAR(predicted.response[s].right, right, 1e-6);
    EXPECT_NEAR(early, (left + right) / 2, 1e-3);  // linear between 64ths of the time limit
    EXPECT_EQ(predicted.distribution[s].left.back(), predicted.response[s].left);
  }
  for (std::size_t n = 0; n < data.trials(); ++n)
    EXPECT_EQ(predicted.stimulus[predicted.of_trial[n]][0], data.trial.stimulus[2 * n]);
}

}  // namespace
}  // namespace nnpoisson
