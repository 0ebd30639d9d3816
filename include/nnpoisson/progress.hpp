#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>

namespace nnpoisson {

/// How far a long call has come.
struct Progress {
  std::string phase;        ///< what is counted, in words: "network: trials"
  std::size_t done = 0;     ///< pieces of this phase
  std::size_t all = 0;      ///< pieces of this phase in all
  double seconds = 0;       ///< since the call began
  double rate = 0;          ///< pieces a second, since the phase began
  double seconds_left = 0;  ///< to the end of the phase, at that rate
};

/// How a caller follows a long call, and ends it. By default it does neither.
struct Watch {
  /// Called about ten times a second at most, and at the end of a phase; never by two threads at
  /// once, but by any thread.
  std::function<void(const Progress&)> progress{};
  /// Once it is true the call ends soon, by throwing Interrupted.
  const std::atomic<bool>* stop = nullptr;

  [[nodiscard]] bool stopped() const { return stop != nullptr && *stop; }
};

/// A call ended because Watch::stop was set. Not an Error: nothing went wrong.
class Interrupted : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

}  // namespace nnpoisson
