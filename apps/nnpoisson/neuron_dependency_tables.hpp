#pragma once

#include "nnpoisson/neuron_dependencies.hpp"

namespace nnpoisson::command {

/// What spikes say of behaviour under models by neuron, but for `drive`.
void print_information(const NeuronDependencies& dependencies);

}  // namespace nnpoisson::command
