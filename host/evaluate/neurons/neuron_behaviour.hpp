#pragma once

#include <cstddef>
#include <vector>

#include "baselines/workers.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/neuron_evaluation.hpp"

namespace nnpoisson {

/// log p(the trial's action | its response time, stimulus), of an answered trial: given a weight of
/// each node of the latent, [K], in logs and up to a constant. `of_behaviour`: as a reading's.
[[nodiscard]] double log_choice(const NeuronTrials& trials, const Dataset& data, std::size_t n,
                                const std::vector<double>& weight,
                                const std::vector<double>& of_behaviour);

/// log p of an answered trial's action, left or right.
struct AnswerLikelihoods {
  std::vector<std::size_t> trial;           ///< [answered]
  std::vector<double> alone, given_spikes;  ///< [answered] nats
};

/// Choice and response time of every trial: into `behaviour` and the trials' columns of
/// `evaluation`. Returns what the choices are judged by. `hazard`: Hz, the constant hazards.
[[nodiscard]] AnswerLikelihoods evaluate_neuron_behaviour(const NeuronTrials& trials,
                                                          const Dataset& data,
                                                          const std::array<double, 2>& hazard,
                                                          NeuronEvaluation& evaluation,
                                                          Workers& workers);

}  // namespace nnpoisson
