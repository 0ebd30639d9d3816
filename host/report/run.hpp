#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/model.hpp"

namespace nnpoisson::report {

/// What the second and third term of a preset's loss are called.
[[nodiscard]] std::array<const char*, 2> term_names(Preset preset);

/// Losses of one set by iteration; NaN where there is none. Empty: no such set. In preset neurons
/// left is behaviour and right the penalty.
struct Losses {
  std::vector<double> neural, total, left, right;
};

/// What a finished run's folder says (docs/run-folder.md).
struct Run {
  std::string settings;               ///< config.toml without its comments
  std::filesystem::path train, test;  ///< the datasets it names; empty: none
  std::vector<std::string> notes;     ///< of run.log
  std::vector<double> iteration;
  Losses training, testing, validation;
  Model model;
};

/// Throws UsageError where the fit has not ended, DataError, ResourceError.
[[nodiscard]] Run read_run(const std::filesystem::path& folder);

}  // namespace nnpoisson::report
