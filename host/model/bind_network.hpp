#pragma once

#include "nnpoisson/formulas/parameters.hpp"
#include "nnpoisson/network.hpp"

namespace nnpoisson {

/// The formulas' view of a shape.
inline formulas::NetworkSizes network_sizes(const NetworkShape& shape) {
  return {.features = shape.features,
          .width1 = shape.stimulus_widths[0],
          .width2 = shape.stimulus_widths[1],
          .time_width = shape.time_width,
          .hidden_width = shape.hidden_width,
          .regions = shape.regions,
          .behaviour_width = shape.behaviour_width,
          .bypass = shape.stimulus_bypass};
}

inline formulas::TensorOffsets tensor_offsets(const ParameterLayout& layout) {
  formulas::TensorOffsets offsets{};
  for (std::size_t t = 0; t < tensor_count; ++t)
    offsets.first[t] = static_cast<int>(layout.slots()[t].offset);
  offsets.size = static_cast<int>(layout.size());
  return offsets;
}

/// The formulas' view of a flat parameter vector: where each tensor begins.
template <class S>
formulas::Network<S> bind_network(const NetworkShape& shape, const ParameterLayout& layout,
                                  const S* parameters) {
  return formulas::network_at(network_sizes(shape), tensor_offsets(layout), parameters);
}

}  // namespace nnpoisson
