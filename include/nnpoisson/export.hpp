#pragma once

#include <filesystem>
#include <string>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

struct NwbExport {
  std::string session;  ///< its name; may be empty where the dataset has one
  std::string description = "Exported by NNPoisson";  ///< session_description of the file
  std::string subject;                                ///< subject_id; empty: the session's name
  std::string species;       ///< in Latin, "Mus musculus"; empty: not written
  std::string age = "P0D/";  ///< ISO 8601 duration; this one says: not known
  /// session_start_time, ISO 8601; a dataset does not know it.
  std::string start_time = "2000-01-01T00:00:00+00:00";
};

/// Writes one session as an NWB 2 file that other programs read: trials one after the other on one
/// clock, with units observed in the trials only. Counts become times spread evenly over their bin.
/// Throws UsageError (no such session), ResourceError.
void export_nwb(const std::filesystem::path& file, const Dataset& data, const NwbExport& options);

}  // namespace nnpoisson
