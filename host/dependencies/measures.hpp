#pragma once

#include "nnpoisson/dependencies.hpp"

namespace nnpoisson {

/// Of one model, for the times, stimuli, trials and lesion of `about`.
[[nodiscard]] DependencyMeasures measure(const Model& model, const Dependencies& about,
                                         int threads);

}  // namespace nnpoisson
