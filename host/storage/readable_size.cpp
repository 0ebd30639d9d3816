#include "storage/readable_size.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "nnpoisson/error.hpp"

namespace nnpoisson {

std::uintmax_t readable_size(const std::filesystem::path& file, const std::string& kind) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw DataError(file.string() + ": is a folder, not " + kind);
  errno = 0;
  if (!std::ifstream(file))
    throw ResourceError(file.string() + ": cannot be opened (" + std::strerror(errno) + ")");
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw DataError(file.string() + ": is not a regular file");
  return size;
}

}  // namespace nnpoisson
