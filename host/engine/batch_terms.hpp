#pragma once

#include <span>

#include "model/bind_network.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/plan.hpp"

namespace nnpoisson {

/// Throws UsageError if shape and plan differ in features or regions.
void require_fitting(const NetworkShape& shape, const Plan& plan);

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
