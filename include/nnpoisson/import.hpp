#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// What the network sees of a stimulus feature. Columns and scales are taken over the trials of all
/// files together.
enum class StimulusEncoding {
  raw,      ///< the recording's numbers
  one_hot,  ///< a column of 0 and 1 for each distinct value of each feature, named "feature=value"
  standardise  ///< mean 0, standard deviation 1
};

/// What all imports have in common.
struct ImportOptions {
  /// W, s; may be left out for counts in bins: then their longest trial.
  std::optional<double> time_limit;
  double bin_width = 0;              ///< s; exact times are counted in bins of this width; 0: kept
  std::vector<std::string> regions;  ///< regions whose units are kept; empty: all
  std::string region_name = "all";   ///< of units for which the recording names none
  StimulusEncoding stimulus = StimulusEncoding::raw;
};

struct NpzImport : ImportOptions {
  bool included_only = false;  ///< leave out trials whose `included` is false
};

/// NWB files call the columns of their tables as they like.
struct NwbImport : ImportOptions {
  /// What was asked for -> column: onset, response (both on the file's clock), reaction (s from
  /// onset), choice, region, and stimulus (columns separated by commas). What is not in here is
  /// guessed from common names.
  std::map<std::string, std::string> columns;
  std::string left, right;  ///< the values of choice that mean so; empty: "left", "right" or +1, -1
  /// What NaN means in a stimulus column; without it, NaN is refused.
  std::optional<double> missing_stimulus;
  std::vector<std::string> units_where;  ///< "COLUMN OP VALUE"; all must hold for a unit to be kept
  std::vector<std::string> trials_where;  ///< the same for trials
  std::string trials_table = "trials";    ///< the table below /intervals that holds the trials
  /// CSV files, one for each recording, in place of that table.
  std::vector<std::filesystem::path> trials_files;
};

/// Folders of one session each, laid out as in Steinmetz et al. 2019 (ALF: OBJECT.PROPERTY.npy).
struct AlfImport : ImportOptions {
  enum class Response {
    registered,  ///< trials.response_times
    movement     ///< the first wheel movement to the registered side, up to that time
  } response = Response::registered;
  /// Of clusters._phy_annotation; 0 and 1 are noise and multi-unit activity.
  double least_annotation = 2;
  bool hemispheres = false;  ///< regions are named left-NAME or right-NAME, by ccf_lr
  /// Only the 42 regions of the left hemisphere that the paper fits; implies `hemispheres`.
  bool paper_regions = false;
  bool included_only = false;  ///< leave out trials whose trials.included is false
};

/// Sessions of the Neuromatch Academy, an archive of plain arrays each.
using NmaImport = ImportOptions;

struct Imported {
  Dataset data;
  std::size_t excluded = 0;        ///< trials left out as asked
  std::size_t unobserved = 0;      ///< trials left out: answered before anything could be observed
  std::vector<std::string> notes;  ///< what was guessed or left out, a line each
};

/// Reads recordings into one dataset, one session a file (docs/importing.md).
/// All throw DataError (file, place inside it, index), UsageError (options that do not fit the
/// files), ResourceError (cannot be opened).
[[nodiscard]] Imported import_npz(std::span<const std::filesystem::path> files,
                                  const NpzImport& options);
[[nodiscard]] Imported import_nwb(std::span<const std::filesystem::path> files,
                                  const NwbImport& options);
[[nodiscard]] Imported import_alf(std::span<const std::filesystem::path> folders,
                                  const AlfImport& options);
[[nodiscard]] Imported import_nma(std::span<const std::filesystem::path> files,
                                  const NmaImport& options);

}  // namespace nnpoisson
