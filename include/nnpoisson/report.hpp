#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "nnpoisson/progress.hpp"

namespace nnpoisson::report {

struct Request {
  std::filesystem::path run;  ///< folder of a finished fit
  /// Dataset to evaluate; empty: the run's test set, else its training set.
  std::filesystem::path data{};
  /// Dataset that baselines are fitted on; empty: the run's training set.
  std::filesystem::path train{};
  /// Folder to make; empty: RUN/report. An earlier report is replaced.
  std::filesystem::path out{};
  std::string program{};  ///< name and version, for the page
  int threads = 0;        ///< 0: one for each processor; the numbers do not depend on it
};

struct Outcome {
  std::filesystem::path page;
  std::size_t figures = 0;
};

/// Writes OUT/index.html, a page of figures and tables that needs no other file, and each figure in
/// OUT/figures as SVG, PNG and CSV (docs/report.md). Figures are drawn by gnuplot. The folder
/// appears only when whole. `message` is told in words what is begun. Throws UsageError (no
/// finished run, a folder that is no report), ResourceError (no gnuplot, nothing to write to),
/// DataError (datasets that do not fit the model), Interrupted (`watch`).
Outcome write(const Request& request, const std::function<void(const std::string&)>& message,
              const Watch& watch = {});

}  // namespace nnpoisson::report
