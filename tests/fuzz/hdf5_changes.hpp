#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace nnpoisson::fuzz {

/// A whole HDF5 file that inputs change through HDF5 itself: objects go, become links, get other
/// types, shapes and values. So it is our reader that is tried; bytes changed at random mostly end
/// inside HDF5.
class Hdf5Changes {
 public:
  /// `attributes`: names that readers look for, at any object.
  Hdf5Changes(const std::filesystem::path& base, std::vector<std::string> attributes);
  /// The base, changed as the input says.
  [[nodiscard]] std::filesystem::path apply(Bytes& input) const;

 private:
  std::string bytes_;
  std::vector<std::string> paths_, attributes_;
};

}  // namespace nnpoisson::fuzz
