#pragma once

#include <filesystem>

namespace nnpoisson {

/// A file that is being written under a temporary name beside its final one. Without commit() it is
/// removed.
class PendingFile {
 public:
  /// Makes the folders on the way. Throws ResourceError.
  explicit PendingFile(std::filesystem::path final_name);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  [[nodiscard]] const std::filesystem::path& final_name() const { return final_; }
  [[nodiscard]] const std::filesystem::path& temporary_name() const { return temporary_; }

  /// Syncs the closed file to disk and gives it its final name. Throws ResourceError.
  void commit();

 private:
  std::filesystem::path final_, temporary_;
  bool committed_ = false;
};

}  // namespace nnpoisson
