#pragma once

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson {

/// Replaces the stimuli of `data` and their names by their encoding over all trials. Throws
/// UsageError: a constant feature cannot be standardised, a one-hot encoding would need too many
/// columns.
void encode_stimuli(Dataset& data, StimulusEncoding encoding);

}  // namespace nnpoisson
