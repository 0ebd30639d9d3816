#pragma once

#include <cstddef>
#include <vector>

#include "correlations/sessions.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

/// A recording's trials as a model by neuron reads them. Model and dataset must outlive it.
struct NeuronRecording {
  NeuronRecording(const Model& model, const Dataset& data);

  /// exp of the drift of a session's units in its k-th trial, [units of the session].
  [[nodiscard]] std::vector<double> drift(const Session& session, std::size_t k) const;

  const Model& model;
  NeuronGains gains;
  std::vector<std::size_t> unit;  ///< of the model, by the dataset's units
  std::vector<double> place;      ///< of trials in their sessions
};

/// When trials of one stimulus end, inside or after a window, and what a session's units are then
/// expected to count in the window, without drift: a node for each value of the latent and time of
/// response, one of which is none.
struct NeuronMixture {
  NeuronMixture(const NeuronRecording& recording, const Session& session,
                const std::vector<double>& stimulus, Window window);

  [[nodiscard]] std::size_t size() const { return left.size(); }
  [[nodiscard]] double any(std::size_t q) const { return left[q] + right[q] + none[q]; }
  [[nodiscard]] const double* row(std::size_t q) const { return &mean[q * units]; }

  std::size_t units;
  std::vector<double> left, right, none;  ///< [nodes] probabilities, in sum 1 together
  std::vector<double> mean;               ///< [nodes x units] expected spikes
};

}  // namespace nnpoisson
