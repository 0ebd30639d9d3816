#pragma once

#include "nnpoisson/sample.hpp"

namespace nnpoisson {

/// sample() of a model by neuron, whose repeats were checked.
[[nodiscard]] Dataset sample_by_neuron(const Model& model, const Dataset& trials,
                                       const SampleOptions& options, const Watch& watch);

}  // namespace nnpoisson
