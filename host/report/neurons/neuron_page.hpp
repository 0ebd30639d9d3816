#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "baselines/workers.hpp"
#include "evaluate/conditions.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson::report {

/// A model by neuron and the dataset that it is shown on, with what several sections read. Model,
/// data and evaluation must outlive it.
struct NeuronPage {
  NeuronPage(const Model& model, const Dataset& data, const NeuronEvaluation& evaluation,
             Workers& workers);

  const Model& model;
  const Dataset& data;
  const NeuronEvaluation& evaluation;
  NeuronTrials trials;
  NeuronGains gains;
  std::vector<std::size_t> column;  ///< [U] the model's number of each unit
  std::vector<double> place;        ///< [T] of each trial in its session, 0 to 1
  Conditions conditions;
  BehaviourEvaluation behaviour;   ///< responses that are predicted from the stimulus alone
  std::vector<std::size_t> shown;  ///< units with the most spikes, some of them

  /// "unit ID REGION", and where there are several sessions, the number of its own.
  [[nodiscard]] std::string unit_name(std::size_t unit) const;
  /// What the numbers of sessions in those names mean, in a sentence; empty: nothing.
  [[nodiscard]] std::string session_names(const std::vector<std::size_t>& units) const;
  /// Expectation of the latent's factor of a unit, given the stimulus of a trial.
  [[nodiscard]] double expected_gain(std::size_t trial, std::size_t unit) const;
  /// The factor of a unit's drift in a trial.
  [[nodiscard]] double drift(std::size_t trial, std::size_t unit) const;
};

/// At most `most` of `numbers`, evenly apart.
[[nodiscard]] std::vector<std::size_t> spread_out(const std::vector<std::size_t>& numbers,
                                                  std::size_t most);

}  // namespace nnpoisson::report
