#pragma once

#include <string>

#include "engine/simd/kernels.hpp"

namespace nnpoisson::simd {

/// The kernels of the named instruction set, or of the machine's best for "". Throws ResourceError.
template <class T>
const Kernels<T>& kernels(const std::string& instruction_set);

}  // namespace nnpoisson::simd
