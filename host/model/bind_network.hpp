#pragma once

#include "nnpoisson/formulas/network.hpp"
#include "nnpoisson/network.hpp"

namespace nnpoisson {

/// The formulas' view of a flat parameter vector: where each tensor begins. `layout` must outlive
/// it.
template <class S>
formulas::Network<S> bind_network(const NetworkShape& shape, const ParameterLayout& layout,
                                  const S* parameters) {
  const auto at = [&](Tensor t) { return parameters + layout[t].offset; };
  using enum Tensor;
  return {shape.features,
          shape.stimulus_widths[0],
          shape.stimulus_widths[1],
          shape.time_width,
          shape.hidden_width,
          shape.regions,
          shape.columns(),
          shape.behaviour_width,
          shape.stimulus_bypass,
          layout.column_region().empty() ? nullptr : layout.column_region().data(),
          layout.region_columns().data(),
          at(A1),
          at(b1),
          at(A2),
          at(b2),
          at(A3),
          at(b3),
          at(a),
          at(C),
          at(c),
          at(R),
          at(d),
          at(E),
          at(e),
          {{at(F1_left), at(f1_left), at(F2_left), at(f2_left)},
           {at(F1_right), at(f1_right), at(F2_right), at(f2_right)}}};
}

}  // namespace nnpoisson
