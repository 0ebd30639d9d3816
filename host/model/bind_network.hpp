#pragma once

#include "nnpoisson/formulas/parameters.hpp"
#include "nnpoisson/network.hpp"

namespace nnpoisson {

/// The formulas' view of a shape. What tells the regions of units is left out: bind_network has it.
inline formulas::NetworkSizes network_sizes(const NetworkShape& shape) {
  return {.features = shape.features,
          .width1 = shape.stimulus_widths[0],
          .width2 = shape.stimulus_widths[1],
          .time_width = shape.time_width,
          .hidden_width = shape.hidden_width,
          .regions = shape.regions,
          .columns = shape.columns(),
          .behaviour_width = shape.behaviour_width,
          .bypass = shape.stimulus_bypass,
          .column_region = nullptr,
          .region_columns = nullptr};
}

inline formulas::TensorOffsets tensor_offsets(const ParameterLayout& layout) {
  formulas::TensorOffsets offsets{};
  for (std::size_t t = 0; t < tensor_count; ++t)
    offsets.first[t] = static_cast<int>(layout.slots()[t].offset);
  offsets.size = static_cast<int>(layout.size());
  return offsets;
}

/// The formulas' view of a flat parameter vector: where each tensor begins. `layout` must outlive
/// it.
template <class S>
formulas::Network<S> bind_network(const NetworkShape& shape, const ParameterLayout& layout,
                                  const S* parameters) {
  auto sizes = network_sizes(shape);
  if (!layout.column_region().empty()) {
    sizes.column_region = layout.column_region().data();
    sizes.region_columns = layout.region_columns().data();
  }
  return formulas::network_at(sizes, tensor_offsets(layout), parameters);
}

}  // namespace nnpoisson
