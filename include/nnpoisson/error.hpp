#pragma once

#include <stdexcept>
#include <string>

namespace nnpoisson {

/// Exit statuses of the command line; an interrupted run exits with 128 + the signal's number.
enum class ExitStatus : int { done = 0, usage = 2, bad_data = 3, resource = 4, numerical = 5 };

/// Every failure a user can cause or mend. The message is one line: what, where, what to do.
class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  [[nodiscard]] ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

/// A wrong command line, configuration or request.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitStatus::usage, message) {}
};

/// A file whose content cannot be used: names the file, the path inside it and the first offending
/// index.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(ExitStatus::bad_data, message) {}
};

/// A device, memory, disk space or permission that is not to be had.
class ResourceError : public Error {
 public:
  explicit ResourceError(const std::string& message) : Error(ExitStatus::resource, message) {}
};

/// A loss or gradient that is not finite: names the step, region and term.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message) : Error(ExitStatus::numerical, message) {}
};

}  // namespace nnpoisson
