#pragma once

#include "nnpoisson/formulas/elementary.hpp"

namespace nnpoisson {

/// The terms of one batch's loss, as Batch words them.
struct BatchLoss {
  double neural = 0, left = 0, right = 0, total = 0;
};

NNP_FORMULA void operator+=(BatchLoss& sum, const BatchLoss& loss) {
  sum.neural += loss.neural;
  sum.left += loss.left;
  sum.right += loss.right;
  sum.total += loss.total;
}

namespace formulas {

/// The terms from the sums over the batch's tiles. Batch: the plan's, or a GPU's view of it.
template <class Batch>
NNP_FORMULA BatchLoss batch_loss(const Batch& batch, double neural, double left, double right) {
  BatchLoss loss;
  loss.neural = batch.neural_scale * (neural + batch.neural_constant);
  loss.left = batch.action_scale * (left + batch.action_constant[0]);
  loss.right = batch.action_scale * (right + batch.action_constant[1]);
  loss.total = loss.neural + batch.action_weight * (loss.left + loss.right);
  return loss;
}

}  // namespace formulas
}  // namespace nnpoisson
