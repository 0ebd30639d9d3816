#include <filesystem>
#include <vector>

#include "model/keras_groups.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {

void write_keras_weights(const std::filesystem::path& file, const NetworkShape& shape,
                         const std::vector<double>& parameters) {
  Hdf5Writer writer(file);
  write_keras_groups(writer, file, shape, parameters);
  writer.commit();
}

KerasWeights read_keras_weights(const std::filesystem::path& file) {
  return read_keras_groups(Hdf5Reader(file));
}

}  // namespace nnpoisson
