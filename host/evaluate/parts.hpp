#pragma once

#include <vector>

#include "curves/matched_trials.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// One entry for each region of the dataset.
[[nodiscard]] std::vector<RegionEvaluation> evaluate_regions(const Model& model, const Dataset& data, const MatchedTrials& trials,
                                                             int threads);

/// Fills `behaviour` and `stimuli`.
void evaluate_behaviour(Evaluation& evaluation, const Model& model, const Dataset& data, const MatchedTrials& trials, int threads);

}  // namespace nnpoisson
