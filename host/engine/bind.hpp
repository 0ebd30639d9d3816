#pragma once

#include "nnpoisson/formulas/network.hpp"
#include "nnpoisson/network.hpp"
#include "nnpoisson/plan.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// The formulas' view of a flat parameter vector.
template <class S>
formulas::Network<S> bind_network(const NetworkShape& shape, const ParameterLayout& layout, const S* parameters) {
  const auto at = [&](Tensor t) { return parameters + layout[t].offset; };
  using enum Tensor;
  return {shape.features, shape.stimulus_widths[0], shape.stimulus_widths[1], shape.time_width, shape.hidden_width, shape.regions,
          shape.behaviour_width, shape.stimulus_bypass, at(A1), at(b1), at(A2), at(b2), at(A3), at(b3), at(a), at(C), at(c), at(R), at(d),
          at(E), at(e), {{at(F1_left), at(f1_left), at(F2_left), at(f2_left)}, {at(F1_right), at(f1_right), at(F2_right), at(f2_right)}}};
}

/// The terms of a batch from the sums over its tiles: neural, left, right.
inline BatchLoss combine(const Batch& batch, double neural, double left, double right) {
  BatchLoss loss;
  loss.neural = batch.neural_scale * (neural + batch.neural_constant);
  loss.left = batch.action_scale * (left + batch.action_constant[0]);
  loss.right = batch.action_scale * (right + batch.action_constant[1]);
  loss.total = loss.neural + batch.action_weight * (loss.left + loss.right);
  return loss;
}

/// What the adjoint of a tile's sum starts from.
inline double gradient_scale(const Batch& batch, Term term) {
  return term == Term::neural ? batch.neural_scale : batch.action_scale * batch.action_weight;
}

}  // namespace nnpoisson
