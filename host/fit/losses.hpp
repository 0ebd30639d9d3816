#pragma once

#include <span>
#include <vector>

#include "fit/fit_set.hpp"

namespace nnpoisson {

/// Losses of one model on all batches of a plan.
struct PlanLoss {
  BatchLoss sum;                ///< over all batches
  std::vector<double> regions;  ///< neural losses of by-region batches, in the plan's order
};

/// The losses of each of the models, `parameters` [M x n].
[[nodiscard]] std::vector<PlanLoss> plan_losses(Backend& backend, const FitSet& plan, int models,
                                                std::span<const double> parameters);
/// The same of one model.
[[nodiscard]] PlanLoss plan_loss(Backend& backend, const FitSet& plan,
                                 std::span<const double> parameters);

}  // namespace nnpoisson
