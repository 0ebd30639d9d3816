#pragma once

#include <array>
#include <span>
#include <vector>

#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

/// What a model by neuron expects of one stimulus, over the trial's latent and without drift.
class ExpectedNeurons {
 public:
  ExpectedNeurons(const Model& model, std::span<const double> stimulus);

  /// Of every unit of the model.
  [[nodiscard]] std::vector<Growth> columns(double time) const;
  /// Hazards given no response up to a time. Cumulative ones are integrated on from the last call:
  /// times ascend from call to call.
  [[nodiscard]] std::array<Growth, 2> actions(double time);
  [[nodiscard]] ResponsePrediction response() const;

 private:
  const Model& model_;
  NeuronCurves curves_;
  std::vector<double> gain_;  // [U] of a unit's intensity, in the mean over the latent
  double integrated_until_ = 0;
  std::array<double, 2> integral_{};
};

}  // namespace nnpoisson
