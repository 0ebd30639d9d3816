#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// What the network sees of a stimulus feature. Columns and scales are taken over the trials of all files together.
enum class StimulusEncoding {
  raw,         ///< the recording's numbers
  one_hot,     ///< a column of 0 and 1 for each distinct value of each feature, named "feature=value"
  standardise  ///< mean 0, standard deviation 1
};

struct NpzImport {
  std::optional<double> time_limit;  ///< W, s; may be left out for counts in bins: then their longest trial
  std::vector<std::string> regions;  ///< regions whose units are kept; empty: all
  std::string region_name = "all";   ///< of all units of a file without `neuron_region`
  StimulusEncoding stimulus = StimulusEncoding::raw;
  bool included_only = false;  ///< leave out trials whose `included` is false
};

struct Imported {
  Dataset data;
  std::size_t excluded = 0;    ///< trials left out because `included` was false
  std::size_t unobserved = 0;  ///< trials left out because they were answered before anything could be observed
};

/// Reads recordings kept as NumPy archives (.npz), one session a file, into one dataset (docs/dataset.md, "Import").
/// Throws DataError (file, array, index), UsageError (options that do not fit the files), ResourceError (cannot be opened).
[[nodiscard]] Imported import_npz(std::span<const std::filesystem::path> files, const NpzImport& options);

}  // namespace nnpoisson
