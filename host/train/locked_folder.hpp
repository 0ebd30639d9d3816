#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "nnpoisson/train.hpp"

namespace nnpoisson {

/// What a command leaves in its folder.
struct FolderKind {
  std::string name;   ///< for messages: "run"
  std::string proof;  ///< the file without which there is nothing to resume
  std::function<bool(const std::string& file)>
      belongs;  ///< whether such a folder may hold a file of that name
};

/// A folder of one command, and the lock that keeps other processes out of it.
class LockedFolder {
 public:
  /// Takes the folder. FolderMode::create: it must not exist or be empty; resume: it may hold such
  /// a folder's files with the proof; overwrite: they are removed. Throws UsageError (taken,
  /// nothing to resume, or not such a folder), ResourceError (in use by another process, not
  /// writable).
  LockedFolder(std::filesystem::path folder, FolderMode mode, const FolderKind& kind);
  ~LockedFolder();
  LockedFolder(const LockedFolder&) = delete;
  LockedFolder& operator=(const LockedFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
  int lock_ = -1;
};

}  // namespace nnpoisson
