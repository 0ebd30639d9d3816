#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {

/// What the import needs of an NWB 2 file (HDF5). All throw DataError.
class NwbFile {
 public:
  explicit NwbFile(const std::filesystem::path& file);

  [[nodiscard]] const std::string& file() const { return in_.file(); }
  [[nodiscard]] bool has(const std::string& path) const { return in_.exists(path); }
  /// None if the group is not there.
  [[nodiscard]] std::vector<std::string> members(const std::string& group) const;

  /// A DynamicTable: its columns of one number or text a row.
  [[nodiscard]] Table table(const std::string& group) const;

  /// Where the rows of a ragged column end in its values: the column's index, checked to ascend up
  /// to `values`.
  [[nodiscard]] std::vector<std::int64_t> row_ends(const std::string& column, std::size_t rows,
                                                   std::size_t values) const;

  /// The location of each unit's first electrode; empty texts where the file does not tell.
  [[nodiscard]] std::vector<std::string> electrode_locations(std::size_t units) const;

  /// The observation intervals of all units one after the other, [2 x intervals], and where each
  /// unit's end. Empty: not there.
  struct Intervals {
    std::vector<double> bounds;
    std::vector<std::int64_t> ends;
  };
  [[nodiscard]] Intervals observation_intervals(std::size_t units) const;

  [[nodiscard]] Hdf5Series spike_times() const { return in_.series("units/spike_times"); }

 private:
  Hdf5Reader in_;
};

}  // namespace nnpoisson
