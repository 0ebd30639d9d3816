#pragma once

#include <filesystem>

namespace nnpoisson {

/// A folder that is being filled under a temporary name beside its final one. Without commit() it
/// is removed.
class PendingFolder {
 public:
  /// Makes the folders on the way; what a killed process left under the temporary name is removed.
  /// Throws ResourceError.
  explicit PendingFolder(std::filesystem::path final_name);
  ~PendingFolder();
  PendingFolder(const PendingFolder&) = delete;
  PendingFolder& operator=(const PendingFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& temporary_name() const { return temporary_; }

  /// Gives the folder its final name, in place of a folder that has it. Throws ResourceError.
  void commit();

 private:
  std::filesystem::path final_, temporary_;
  bool committed_ = false;
};

}  // namespace nnpoisson
