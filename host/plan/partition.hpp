#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "nnpoisson/plan.hpp"

namespace nnpoisson {

/// Trials of sessions that have units in `region`, in the order given.
[[nodiscard]] std::vector<std::int32_t> trials_of_region(const Dataset& data, std::int32_t region,
                                                         std::span<const std::int32_t> trials);
[[nodiscard]] std::vector<std::int32_t> all_trials(const Dataset& data);

/// authors_partition (plan.hpp) among the given trials.
[[nodiscard]] std::vector<std::vector<std::vector<std::int32_t>>> authors_partition(
    const Dataset& data, std::span<const std::int32_t> trials, int parts, std::uint32_t seed);

/// A random permutation of the trials cut into parts.
[[nodiscard]] std::vector<std::vector<std::int32_t>> joint_partition(
    std::span<const std::int32_t> trials, int parts, std::uint64_t seed);

/// A batch to be: which trials give its spikes, which its behaviour.
struct BatchRequest {
  std::vector<std::int32_t> neural, behaviour;
  std::int32_t region = -1;  ///< as Batch::region
  /// An earlier batch of the same plan whose behaviour this one shares; `behaviour` is empty then.
  std::optional<std::size_t> same_behaviour_as{};
};
/// The batches of a plan over `trials`, in their order.
[[nodiscard]] std::vector<BatchRequest> batch_requests(const Dataset& data,
                                                       const PlanOptions& options,
                                                       std::span<const std::int32_t> trials);

}  // namespace nnpoisson
