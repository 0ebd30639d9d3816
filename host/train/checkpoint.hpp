#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "nnpoisson/fit.hpp"

namespace nnpoisson {

/// Which run it is, beside how far it has come.
struct RunIdentity {
  std::string settings;       ///< TOML; a run is continued only under the same
  std::uint64_t data = 0;     ///< fingerprint of the training and test sets
  double error_at_start = 0;  ///< relative error of the loss that time_resolution makes, at the
                              ///< first weights
};

/// All that a run needs to go on as if it had never stopped; always of an iteration's end. No
/// random state: every draw is keyed.
struct Checkpoint {
  RunIdentity run;
  FitCourse course;
};

void write_checkpoint(const std::filesystem::path& file, const RunIdentity& run,
                      const FitCourse& course, std::size_t regions);
/// Throws DataError if it is damaged or does not fit `parameters` and `regions`.
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& file, std::size_t parameters,
                                         std::size_t regions);

}  // namespace nnpoisson
