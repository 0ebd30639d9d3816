#include "fit/losses.hpp"

#include <numeric>

namespace nnpoisson {

std::vector<PlanLoss> plan_losses(Backend& backend, const FitSet& plan, int models,
                                  std::span<const double> parameters) {
  std::vector<std::uint32_t> batches(plan.batches());
  std::iota(batches.begin(), batches.end(), 0U);
  const auto count = static_cast<std::size_t>(models);
  std::vector<BatchLoss> losses(batches.size() * count);
  backend.evaluate(batches, models, parameters, losses, {});

  std::vector<PlanLoss> all(count);
  for (std::size_t i = 0; i < losses.size(); ++i) {
    auto& [sum, regions] = all[i % count];
    sum += losses[i];
    if (plan.region(i / count) >= 0) regions.push_back(losses[i].neural);
  }
  return all;
}

PlanLoss plan_loss(Backend& backend, const FitSet& plan, std::span<const double> parameters) {
  return plan_losses(backend, plan, 1, parameters)[0];
}

}  // namespace nnpoisson
