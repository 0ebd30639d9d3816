#pragma once

#include <filesystem>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// A model to start a fit from: a model.h5, or a file of Keras weights, which names nothing: its
/// columns are taken for the regions of the training set, in that order. Throws DataError,
/// UsageError (Keras weights where units are to be read out), ResourceError.
[[nodiscard]] Model read_initial_model(const std::filesystem::path& file, const Settings& settings,
                                       const Dataset& training);

}  // namespace nnpoisson
