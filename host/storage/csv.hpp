#pragma once

#include <string>

namespace nnpoisson {

/// `text` as one cell of a CSV line: quoted, with its quotes doubled, where it holds a comma, a
/// quote or the end of a line.
[[nodiscard]] std::string csv_field(const std::string& text);

}  // namespace nnpoisson
