#pragma once

#include <string>

#include "nnpoisson/neuron_evaluation.hpp"

namespace nnpoisson::command {

void print_neurons(const NeuronEvaluation& evaluation);
/// What a fit is worth, in two numbers: over constant rates and over the first baseline, a GLM.
void print_held_out(const NeuronEvaluation& evaluation);
/// Two models of the same trials; differences are paired.
void print_neuron_comparison(const NeuronEvaluation& a, const NeuronEvaluation& b,
                             const std::string& name_a, const std::string& name_b);

}  // namespace nnpoisson::command
