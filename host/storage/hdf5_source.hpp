#pragma once

#include <hdf5.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "storage/hdf5_handle.hpp"

namespace nnpoisson::hdf5 {

/// A dataset or attribute of a file of unknown origin: nothing that it claims is believed before it
/// has been checked. All throw DataError naming file and path.
struct Source {
  std::string where;  ///< "FILE: path"
  Handle object;      ///< dataset or attribute
  Handle type, space;
  bool attribute = false;

  [[noreturn]] void refuse(const std::string& what) const;

  [[nodiscard]] std::vector<std::size_t> shape() const;
  void require_rank(int rank) const;

  /// Number of elements, after checking that a file of `file_size` bytes can hold so many.
  [[nodiscard]] std::size_t checked_size(std::size_t file_size) const;

  /// All elements, converted to the memory type.
  void read(hid_t memory_type, void* out, hid_t transfer = H5P_DEFAULT) const;

  /// h5py writes a boolean as an enumeration in one byte.
  [[nodiscard]] bool is_truth() const;

  /// Refuses what is not a number that a T can take; true if the file's numbers are integers.
  template <class T>
  bool require_number() const {
    return require_number(std::is_integral_v<T>);
  }
  bool require_number(bool whole) const;

  /// Texts of fixed or variable length.
  [[nodiscard]] std::vector<std::string> strings(std::size_t file_size) const;

 private:
  [[nodiscard]] std::vector<std::string> variable_strings(std::size_t count) const;
  [[nodiscard]] std::vector<std::string> padded_strings(std::size_t count) const;
};

}  // namespace nnpoisson::hdf5
