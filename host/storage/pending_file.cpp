#include "storage/pending_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  throw ResourceError(file.string() + ": cannot be written (" + std::strerror(error) + ")");
}

/// False, with errno set, if what `path` names could not be brought to disk.
bool sync(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return synced;
}

}  // namespace

PendingFile::PendingFile(std::filesystem::path final_name)
    : final_(std::move(final_name)), temporary_(final_) {
  if (!final_.has_filename()) throw ResourceError(final_.string() + ": names no file to write");
  temporary_ += ".partial";
  std::error_code error;
  if (std::filesystem::is_directory(final_, error)) fail(final_, EISDIR);
  if (final_.has_parent_path()) std::filesystem::create_directories(final_.parent_path(), error);
  if (error && final_.has_parent_path() && !std::filesystem::is_directory(final_.parent_path()))
    fail(final_, error.value());
}

PendingFile::~PendingFile() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove(temporary_, ignored);
}

void PendingFile::commit() {
  if (!sync(temporary_)) fail(final_, errno);
  std::error_code error;
  std::filesystem::rename(temporary_, final_, error);
  if (error) fail(final_, error.value());
  committed_ = true;
  // Some file systems cannot sync a folder; the content is on disk by then, so only the name could
  // be lost with the power.
  (void)sync(final_.has_parent_path() ? final_.parent_path() : std::filesystem::path("."));
}

void write_text_file(const std::filesystem::path& file, const std::string& text) {
  PendingFile pending(file);
  {
    errno = 0;
    std::ofstream out(pending.temporary_name(), std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) fail(file, errno != 0 ? errno : EIO);
  }
  pending.commit();
}

}  // namespace nnpoisson
