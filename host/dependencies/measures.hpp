#pragma once

#include "curves/progress_counter.hpp"
#include "nnpoisson/dependencies.hpp"

namespace nnpoisson {

/// Of one model, for the times, stimuli, trials and lesion of `about`. Counts two pieces of
/// progress for every stimulus.
[[nodiscard]] DependencyMeasures measure(const Model& model, const Dependencies& about, int threads,
                                         ProgressCounter& progress);

}  // namespace nnpoisson
