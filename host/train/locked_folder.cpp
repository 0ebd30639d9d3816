#include "train/locked_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;
constexpr const char* lock_name = ".lock";

bool belongs(const FolderKind& kind, const fs::path& entry) {
  const fs::path file = entry.filename();
  const std::string name = (file.extension() == ".partial" ? file.stem() : file)
                               .string();  // left by a process that was killed
  return name == lock_name || kind.belongs(name);
}

}  // namespace

LockedFolder::LockedFolder(fs::path folder, FolderMode mode, const FolderKind& kind)
    : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error || !fs::is_directory(folder_))
    throw ResourceError(folder_.string() + ": cannot be made (" + error.message() +
                        "); choose another --out");
  const auto lock = folder_ / lock_name;
  bool taken = false;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename() == lock_name || entry.path().filename() == kind.proof + ".partial")
      continue;
    taken = true;
    if (mode == FolderMode::overwrite && !belongs(kind, entry.path()))
      throw UsageError(folder_.string() + ": holds " + entry.path().filename().string() +
                       ", which is no " + kind.name + "'s; --overwrite replaces " + kind.name +
                       "s only");
  }
  if (taken && mode == FolderMode::create)
    throw UsageError(folder_.string() + ": already holds a " + kind.name +
                     "; use --resume, --overwrite or another --out");
  if (taken && mode == FolderMode::resume && !fs::exists(folder_ / kind.proof))
    throw UsageError(
        (folder_ / kind.proof).string() +
        ": is missing, so there is nothing to resume; use --overwrite or another --out");

  lock_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (lock_ < 0)
    throw ResourceError(lock.string() + ": cannot be written (" + std::strerror(errno) + ")");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw ResourceError(
        folder_.string() +
        ": another process is running in this folder; wait for it or choose another --out");
  }
  if (mode != FolderMode::overwrite) return;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().filename() != lock_name) fs::remove_all(entry.path());
}

/// The lock's file stays: were it removed, two later processes could each lock a file of that name.
LockedFolder::~LockedFolder() {
  ::close(lock_);
}

}  // namespace nnpoisson
