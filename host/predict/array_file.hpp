#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nnpoisson {

/// Named arrays as a prediction's file holds them. What it is made from must outlive it.
struct ArrayFile {
  struct Texts {
    std::string group, name;
    const std::vector<std::string>& values;
  };
  struct Integers {
    std::string group, name;
    const std::vector<std::int64_t>& values;
  };
  struct Numbers {
    std::string group, name, unit;
    const std::vector<double>& values;
    std::vector<std::size_t> shape;
  };
  std::string format;                                   // attribute of an HDF5 file
  std::vector<std::pair<std::string, double>> scalars;  // attributes of it
  std::vector<Texts> texts;
  std::vector<Integers> integers;
  std::vector<Numbers> numbers;
};

/// .h5 or .npz, with _ for / in names; under a temporary name until all is written. Throws
/// ResourceError.
void write_arrays(const std::filesystem::path& file, const ArrayFile& arrays);

}  // namespace nnpoisson
