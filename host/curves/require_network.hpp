#pragma once

#include <string>

#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {

/// Throws UsageError where a model by neuron is given to what reads the network by region.
inline void require_network(const Model& model, const std::string& what) {
  if (model.preset == Preset::neurons)
    throw UsageError(model.source + ": is of preset neurons; " + what +
                     " reads models of presets exact and authors");
}

}  // namespace nnpoisson
