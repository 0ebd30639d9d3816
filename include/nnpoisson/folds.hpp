#pragma once

#include <cstdint>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Random division of the trials into folds, stratified by session: the number of each trial's fold
/// [T]. Folds differ by one trial at most, in each session and in all. Same seed, same folds, on
/// every machine. Throws UsageError unless 2 <= folds <= trials.
[[nodiscard]] std::vector<std::int32_t> trial_folds(const Dataset& data, int folds,
                                                    std::uint64_t seed);

}  // namespace nnpoisson
