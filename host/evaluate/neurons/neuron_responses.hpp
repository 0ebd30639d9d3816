#pragma once

#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

/// What a model by neuron says of the responses to each distinct stimulus of its trials, over all
/// values of the latent by its prior. Median times are linear between 64ths of the time limit.
[[nodiscard]] PredictedResponses predict_neuron_responses(const NeuronTrials& trials,
                                                          const Dataset& data, Workers& workers);

}  // namespace nnpoisson
