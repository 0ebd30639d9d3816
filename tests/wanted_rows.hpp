#pragma once

#include <cstdlib>
#include <string>

namespace nnpoisson::testing {

/// NNP_ROWS=cuda: what is compared over all backends is run by the GPU alone, and fails where there
/// is none. NNP_ROWS=cpu: by the processor's own backends alone, without the emulation. Else by
/// all.
inline bool rows_wanted(const std::string& kind) {
  const char* wanted = std::getenv("NNP_ROWS");
  return !wanted || *wanted == '\0' || wanted == kind;
}
inline bool gpu_required() {
  return rows_wanted("cuda") && !rows_wanted("cpu");
}

}  // namespace nnpoisson::testing
