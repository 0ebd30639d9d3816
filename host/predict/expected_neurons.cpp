#include "predict/expected_neurons.hpp"

#include <cmath>

#include "curves/log_sum.hpp"
#include "curves/quadrature.hpp"

namespace nnpoisson {
namespace {

/// The response in the mean over the latent.
struct MeanHazards {
  double cumulative = 0;  // of both actions: -log of the survival
  std::array<double, 2> hazard{};
};

MeanHazards mean_hazards(const NeuronCurves& curves, double time) {
  const auto of_node = curves.actions(time);
  std::vector<double> weight = curves.log_prior();
  const std::size_t K = weight.size();
  for (std::size_t k = 0; k < K; ++k)
    weight[k] -= of_node[k].cumulative + of_node[K + k].cumulative;

  MeanHazards mean{-log_of_sum(weight), {}};
  for (std::size_t k = 0; k < K; ++k)
    for (const std::size_t a : {0U, 1U})
      mean.hazard[a] += std::exp(weight[k] + mean.cumulative) * of_node[a * K + k].intensity;
  return mean;
}

}  // namespace

ExpectedNeurons::ExpectedNeurons(const Model& model, std::span<const double> stimulus)
    : model_(model), curves_(model, stimulus) {
  const NeuronGains gains(model);
  const auto& log_prior = curves_.log_prior();
  for (std::size_t i = 0; i < model.units.id.size(); ++i) {
    double mean = 0;
    for (std::size_t k = 0; k < log_prior.size(); ++k)
      mean += std::exp(log_prior[k]) * gains.shared(i, k);
    gain_.push_back(mean);
  }
}

std::vector<Growth> ExpectedNeurons::columns(double time) const {
  const auto cumulative = curves_.cumulative_intensities(time),
             intensity = curves_.intensities(time);
  std::vector<Growth> all;
  for (std::size_t i = 0; i < gain_.size(); ++i)
    all.push_back({gain_[i] * cumulative[i], gain_[i] * intensity[i]});
  return all;
}

std::array<Growth, 2> ExpectedNeurons::actions(double time) {
  if (time > integrated_until_)
    for (const auto& [at, weight] : quadrature({integrated_until_, time}, model_.time_limit)) {
      const auto between = mean_hazards(curves_, at);
      for (const std::size_t a : {0U, 1U}) integral_[a] += weight * between.hazard[a];
    }
  integrated_until_ = time;

  // In sum they are known exactly.
  const auto now = mean_hazards(curves_, time);
  const double sum = integral_[0] + integral_[1], exact = sum > 0 ? now.cumulative / sum : 0;
  return {Growth{integral_[0] * exact, now.hazard[0]}, Growth{integral_[1] * exact, now.hazard[1]}};
}

ResponsePrediction ExpectedNeurons::response() const {
  // Only the sum of the cumulative hazards is read.
  const auto actions = [&](double time) -> std::array<Growth, 2> {
    const auto mean = mean_hazards(curves_, time);
    return {Growth{mean.cumulative, mean.hazard[0]}, Growth{0, mean.hazard[1]}};
  };
  return predict_response(actions, model_.time_limit);
}

}  // namespace nnpoisson
