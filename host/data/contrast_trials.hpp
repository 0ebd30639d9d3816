#pragma once

#include <span>

#include "data/import_builder.hpp"
#include "data/npz_file.hpp"

namespace nnpoisson {

/// The trials of the contrast discrimination of Steinmetz et al. 2019 out of one value a trial
/// each. `onset`: stimulus onset on the clock of `response`, s.
[[nodiscard]] RecordedTrials contrast_trials(const NpyArray& left, const NpyArray& right,
                                             const NpyArray& choice, const NpyArray& response,
                                             std::span<const double> onset);

}  // namespace nnpoisson
