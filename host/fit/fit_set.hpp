#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/neuron_backend.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// A set of trials as batches, whichever model they are planned for.
class FitSet {
 public:
  FitSet() = default;  ///< there is no such set
  FitSet(NetworkShape shape, std::shared_ptr<const Plan> plan);
  FitSet(std::shared_ptr<const NeuronProblem> problem, std::shared_ptr<const NeuronPlan> plan);

  [[nodiscard]] explicit operator bool() const { return plan_ != nullptr || neurons_ != nullptr; }
  [[nodiscard]] std::size_t batches() const;
  [[nodiscard]] std::int32_t region(std::size_t batch) const;  ///< -1: none of its own
  [[nodiscard]] std::uint64_t spikes() const;
  [[nodiscard]] std::size_t stimuli() const;  ///< distinct ones
  [[nodiscard]] std::size_t points() const;   ///< at which the network is evaluated
  /// Throws as make_backend.
  [[nodiscard]] std::unique_ptr<Backend> make_backend(const BackendOptions& options) const;
  [[nodiscard]] const std::shared_ptr<const NeuronPlan>& neurons() const { return neurons_; }
  bool operator==(const FitSet& other) const {
    return plan_ == other.plan_ && neurons_ == other.neurons_;
  }

 private:
  NetworkShape shape_;
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const NeuronProblem> problem_;
  std::shared_ptr<const NeuronPlan> neurons_;
};

}  // namespace nnpoisson
