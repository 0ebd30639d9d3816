#pragma once

#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// `evaluate` for a model by neuron. Throws as that does, and DataError where the dataset has a
/// unit that the model does not know.
[[nodiscard]] NeuronEvaluation evaluate_neurons(const Model& model, const Dataset& data,
                                                const EvaluationOptions& options,
                                                const Watch& watch);

[[nodiscard]] std::string neurons_to_json(const NeuronEvaluation& evaluation);

}  // namespace nnpoisson
