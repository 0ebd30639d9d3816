#pragma once

#include <cstdint>
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

}  // namespace nnpoisson
