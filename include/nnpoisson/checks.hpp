#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Something in a dataset that a scientist would want to look at before fitting it.
struct Finding {
  std::string what;       ///< which check, in a word for programs: "silent-units"
  std::size_t count = 0;  ///< units, trials, regions or columns concerned
  std::string text;       ///< one line for people, with the first few concerned
};

/// All checks of a valid dataset; none found: empty. docs/importing.md says what each looks for,
/// and its limits.
[[nodiscard]] std::vector<Finding> check_recording(const Dataset& data);

}  // namespace nnpoisson
