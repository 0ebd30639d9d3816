#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace nnpoisson {

/// Bytes of a file that is about to be read. Throws ResourceError (cannot be opened), DataError (no
/// regular file; `kind` was wanted).
[[nodiscard]] std::uintmax_t readable_size(const std::filesystem::path& file,
                                           const std::string& kind);

}  // namespace nnpoisson
