#pragma once

#include <string>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// validate() for data that will soon be called `source`: what its messages begin with.
void validate_as(const std::string& source, const Dataset& data);

/// The part of it that looks at time limit, bin width and the names of stimulus features.
void validate_frame_as(const std::string& source, const Dataset& data);

/// The part of it that looks at the trials alone: sizes and values of their arrays.
void validate_trials_as(const std::string& source, const Dataset& data);

}  // namespace nnpoisson
