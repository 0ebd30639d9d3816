#include "fit/fit_set.hpp"

#include <utility>

#include "devices/neuron_backend.hpp"

namespace nnpoisson {

FitSet::FitSet(NetworkShape shape, std::shared_ptr<const Plan> plan)
    : shape_(std::move(shape)), plan_(std::move(plan)) {}

FitSet::FitSet(std::shared_ptr<const NeuronProblem> problem, std::shared_ptr<const NeuronPlan> plan)
    : problem_(std::move(problem)), neurons_(std::move(plan)) {}

std::size_t FitSet::batches() const {
  return plan_ ? plan_->batches.size() : neurons_->batches.size();
}

std::int32_t FitSet::region(std::size_t batch) const {
  return plan_ ? plan_->batches[batch].region : -1;
}

std::uint64_t FitSet::spikes() const {
  return plan_ ? plan_->spikes : neurons_->spikes;
}

std::size_t FitSet::stimuli() const {
  if (plan_) return plan_->stimulus_count();
  return neurons_->stimuli.size() / static_cast<std::size_t>(neurons_->features);
}

std::size_t FitSet::points() const {
  if (plan_) return plan_->time.size();
  std::size_t points = 0;
  for (const auto& batch : neurons_->batches)
    points += batch.value_time.size() + batch.rate_time.size();
  return points;
}

std::unique_ptr<Backend> FitSet::make_backend(const BackendOptions& options) const {
  return plan_ ? nnpoisson::make_backend(options, shape_, plan_)
               : make_neuron_backend(options, problem_, neurons_);
}

}  // namespace nnpoisson
