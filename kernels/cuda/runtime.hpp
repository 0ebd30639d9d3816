#pragma once

/// CUDA's runtime. A plain C++ compiler takes it from the emulated cards of tests/simt, so that
/// what drives a GPU is tested where there is none. NNP_RUNTIME: a namespace for what stands on it,
/// so that a program can hold both.
#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define NNP_RUNTIME cuda

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// Whether this thread has worked on a device yet. If not, its current one, the first, is nobody's
/// choice. Only the driver tells.
inline bool thread_has_context() {
  using GetCurrent = int (*)(void** context);
  static const auto get_current = [] {
    void* found = nullptr;
    auto result = cudaDriverEntryPointSymbolNotFound;
    cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &found, 12000, cudaEnableDefault, &result);
    return result == cudaDriverEntryPointSuccess ? reinterpret_cast<GetCurrent>(found) : nullptr;
  }();
  void* context = nullptr;
  return get_current && get_current(&context) == 0 && context;
}

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
#else
#include "simt/cuda_runtime.hpp"
#define NNP_RUNTIME emulated

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {
using simt::thread_has_context;
}
}  // namespace nnpoisson::kernels
#endif
