#pragma once

#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {

/// The model by neuron in group `nnpoisson` of a model.h5 (docs/run-folder.md): sizes and switches
/// as attributes, names, units, what the training trials fixed, and each tensor in its own shape.
void write_neuron_model(Hdf5Writer& writer, const Model& model);
/// Throws DataError naming what is missing, of the wrong size or not finite.
[[nodiscard]] Model read_neuron_model(const Hdf5Reader& reader);

}  // namespace nnpoisson
