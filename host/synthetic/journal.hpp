#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "nnpoisson/wimmer.hpp"

namespace nnpoisson::wimmer {

/// Finished trials in a file of their own, one record after another, so that an interrupted run can
/// go on: a record that was cut short is found by its checksum and dropped. One process at a time.
class Journal {
 public:
  /// Opens the file or makes it. `conditions`: all that decides what a trial's spikes are; a file
  /// of others is refused (UsageError).
  Journal(std::filesystem::path file, const std::string& conditions);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] bool has(std::size_t trial) const { return place_.contains(trial); }
  [[nodiscard]] TrialSpikes read(std::size_t trial) const;
  /// From any thread. Throws ResourceError.
  void append(std::size_t trial, const TrialSpikes& spikes);
  /// Removes the file.
  void remove();

 private:
  void load(const std::string& conditions);
  void write(const void* bytes, std::size_t size);
  [[nodiscard]] std::string reason() const;

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::int64_t end_ = 0;                       ///< of the last whole record
  std::map<std::size_t, std::int64_t> place_;  ///< of a trial's record
  std::mutex writing_;
};

}  // namespace nnpoisson::wimmer
