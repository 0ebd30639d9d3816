#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {

/// The network's tensors as Keras lays them out at a file's root: attribute `layer_names`, a group
/// for each layer with attribute `weight_names`, float32 datasets. Throws NumericalError (a value
/// that float32 cannot hold; `file` is for its message).
void write_keras_groups(Hdf5Writer& writer, const std::filesystem::path& file,
                        const NetworkShape& shape, const std::vector<double>& parameters);

/// The opposite, from the root or from `model_weights`; errors as read_keras_weights.
[[nodiscard]] KerasWeights read_keras_groups(const Hdf5Reader& reader);

/// Throws DataError naming file, path and index if a value is not finite, or negative where the
/// network's monotony forbids it.
void check_parameters(const std::string& file, const ParameterLayout& layout,
                      const std::vector<double>& parameters, const std::string& prefix);

}  // namespace nnpoisson
