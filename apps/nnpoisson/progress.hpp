#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "nnpoisson/progress.hpp"

namespace nnpoisson::command {

/// A time as m:ss or h:mm:ss.
[[nodiscard]] std::string clock(double seconds);

/// A bar on a terminal; elsewhere a line at most every ten seconds. On standard error.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool quiet);
  /// `done` of `all`, `seconds` after the start; the line says the rest.
  void show(std::size_t done, std::size_t all, double seconds, const std::string& line);
  void message(const std::string& text);

 private:
  bool quiet_, terminal_, open_line_ = false;
  double shown_ = -1e9;
};

/// What shows the progress of one call or several on `display`, in phases that take longer than a
/// second, and ends them on SIGINT and SIGTERM. The display must outlive it.
[[nodiscard]] Watch watch_on(ProgressDisplay& display);

/// From now on SIGINT and SIGTERM set the flag; a second one ends the program at once.
[[nodiscard]] const std::atomic<bool>& stop_on_signals();
/// The exit status of a command that the signal ended.
[[nodiscard]] int signal_status();

}  // namespace nnpoisson::command
