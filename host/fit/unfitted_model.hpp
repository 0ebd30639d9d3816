#pragma once

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/plan.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// The network that these settings fit to the training set.
[[nodiscard]] NetworkShape network_shape(const Settings& settings, const Dataset& training);

/// The model that these settings fit to the training set, without parameters. Throws UsageError if
/// the preset needs other data.
[[nodiscard]] Model unfitted_model(const Settings& settings, const Dataset& training);

/// Throws DataError where a dataset's regions, stimuli, time limit or, with preset neurons, units
/// are not the model's.
void require_fitting(const Dataset& data, const Model& model);
/// The same of a model to start from; its shape may be another.
void require_fitting(const Model& given, const Model& model);

/// How trials become a plan under these settings. `threads` 0: one for each processor.
[[nodiscard]] PlanOptions plan_options(const Settings& settings, Grouping grouping, int parts,
                                       int threads);

}  // namespace nnpoisson
