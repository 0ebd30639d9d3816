#include "data/nwb_file.hpp"

#include <algorithm>

#include "nnpoisson/error.hpp"

namespace nnpoisson {

NwbFile::NwbFile(const std::filesystem::path& file) : in_(file) {
  if (!in_.has_attribute("/", "nwb_version")) {
    throw DataError(in_.file() + ": " +
                    (in_.exists("nwb_version") ? "is an NWB 1 file; convert it to NWB 2 first"
                                               : "is not an NWB file: it has no attribute "
                                                 "nwb_version"));
  }
  const std::string version = in_.string_attribute("/", "nwb_version");
  if (!version.starts_with("2."))
    throw DataError(in_.file() + ": is of NWB " + version + "; NWB 2 can be read");
}

std::vector<std::string> NwbFile::members(const std::string& group) const {
  return in_.is_group(group) ? in_.members(group) : std::vector<std::string>{};
}

Table NwbFile::table(const std::string& group) const {
  Table table;
  table.where = file() + ": " + group;
  const std::string id = group + "/id";
  if (!in_.exists(id)) throw DataError(table.where + ": is missing or is no table: it has no id");
  const auto shape = in_.shape(id);
  if (shape.size() != 1) throw DataError(file() + ": " + id + ": must have one dimension");
  table.rows = shape[0];

  for (const std::string& name : in_.members(group)) {
    const std::string path = group + "/" + name;
    if (in_.is_group(path) ||
        (name.ends_with("_index") && in_.exists(path.substr(0, path.size() - 6))))
      continue;
    const Hdf5Kind kind = in_.kind(path);
    if (in_.exists(path + "_index") || in_.shape(path) != shape || kind == Hdf5Kind::other) {
      table.unread.push_back(name);
    } else if (kind == Hdf5Kind::text) {
      table.columns.push_back({name, {}, in_.strings(path)});
    } else {
      table.columns.push_back({name, in_.numbers<double>(path, 1), {}});
    }
  }
  return table;
}

std::vector<std::int64_t> NwbFile::row_ends(const std::string& column, std::size_t rows,
                                            std::size_t values) const {
  const std::string path = column + "_index";
  std::vector<std::int64_t> ends = in_.numbers<std::int64_t>(path, 1);
  const std::string where = file() + ": " + path;
  if (ends.size() != rows) {
    throw DataError(where + ": has " + std::to_string(ends.size()) +
                    " values, not one for each of " + std::to_string(rows) + " rows");
  }

  std::int64_t before = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (ends[row] < before || ends[row] > static_cast<std::int64_t>(values)) {
      throw DataError(where + "[" + std::to_string(row) + "]: " + std::to_string(ends[row]) +
                      " does not ascend, or is past the last of " + std::to_string(values) +
                      " values");
    }
    before = ends[row];
  }
  return ends;
}

std::vector<std::string> NwbFile::electrode_locations(std::size_t units) const {
  const std::string column = "units/electrodes",
                    location = "general/extracellular_ephys/electrodes/location";
  std::vector<std::string> locations(units);
  if (!in_.exists(column) || !in_.exists(column + "_index") || !in_.exists(location))
    return locations;
  const std::vector<std::int64_t> electrode = in_.numbers<std::int64_t>(column, 1),
                                  ends = row_ends(column, units, electrode.size());
  const std::vector<std::string> names = in_.strings(location);

  for (std::size_t u = 0; u < units; ++u) {
    const auto first = static_cast<std::size_t>(u == 0 ? 0 : ends[u - 1]);
    if (first == static_cast<std::size_t>(ends[u])) continue;
    if (electrode[first] < 0 || static_cast<std::size_t>(electrode[first]) >= names.size()) {
      throw DataError(file() + ": " + column + "[" + std::to_string(first) +
                      "]: there is no electrode " + std::to_string(electrode[first]) +
                      " (there are " + std::to_string(names.size()) + ")");
    }
    locations[u] = names[static_cast<std::size_t>(electrode[first])];
  }
  return locations;
}

NwbFile::Intervals NwbFile::observation_intervals(std::size_t units) const {
  const std::string column = "units/obs_intervals";
  if (!in_.exists(column)) return {};
  Intervals intervals{in_.numbers<double>(column, 2), {}};
  if (in_.shape(column)[1] != 2)
    throw DataError(file() + ": " + column + ": must have two columns, start and end");
  intervals.ends = row_ends(column, units, intervals.bounds.size() / 2);
  return intervals;
}

}  // namespace nnpoisson
