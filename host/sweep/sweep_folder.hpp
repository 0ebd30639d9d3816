#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "nnpoisson/sweep.hpp"
#include "train/locked_folder.hpp"

namespace nnpoisson {

/// What a sweep leaves (docs/sweep.md).
class SweepFolder {
 public:
  /// Takes the folder as LockedFolder does. `record` is what a resumed sweep must have in common
  /// with the one it goes on with; throws UsageError if it has not.
  SweepFolder(const SweepRequest& request, const std::string& record);

  [[nodiscard]] std::filesystem::path run() const { return folder_.path() / "best"; }
  [[nodiscard]] bool resumed() const { return resumed_; }
  /// Nothing if it is not done yet. Throws DataError if its file is damaged.
  [[nodiscard]] std::optional<SweepFit> read(int configuration, int fold, std::uint64_t seed) const;
  void write(const SweepFit& fit) const;  ///< threads may write at the same time
  void write(const SweepTable& table, const std::vector<SweepFit>& fits) const;

 private:
  [[nodiscard]] std::filesystem::path file(int configuration, int fold, std::uint64_t seed) const;
  LockedFolder folder_;
  bool resumed_ = false;
};

}  // namespace nnpoisson
