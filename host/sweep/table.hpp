#pragma once

#include <span>

#include "nnpoisson/sweep.hpp"
#include "sweep/grid.hpp"

namespace nnpoisson {

/// Means over the fits of each configuration, and the best. Every configuration has its fits at the
/// same folds and seeds, in that order.
[[nodiscard]] SweepTable make_table(const Grid& grid, std::span<const SweepFit> fits, bool tested);

}  // namespace nnpoisson
