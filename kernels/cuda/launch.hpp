#pragma once

#include <cstddef>

#include "kernels/cuda/owned.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// Lets a kernel's launches ask for up to so many bytes of shared memory a block, on the current
/// device. The limit belongs to the kernel, for the whole process: it is set once, to the device's
/// own, and no caller of the kernel lowers it under another.
template <class Kernel>
void allow_shared_memory(Kernel* kernel, int bytes) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
        "cudaFuncSetAttribute (" + std::to_string(bytes) + " bytes of shared memory)");
}

/// together: all blocks are resident at the same time, or the launch is refused
/// (cudaErrorCooperativeLaunchTooLarge).
enum class Blocks { apart, together };

/// `kernel<<<blocks, threads, shared_bytes, stream>>>(arguments...)`, in words that a plain
/// compiler takes too.
template <class... Wanted, class... Given>
[[nodiscard]] cudaError_t launch(void (*kernel)(Wanted...), int blocks, int threads,
                                 std::size_t shared_bytes, const Stream& stream, Blocks how,
                                 const Given&... arguments) {
  cudaLaunchAttribute together{};
  together.id = cudaLaunchAttributeCooperative;
  together.val.cooperative = 1;

  cudaLaunchConfig_t config{};
  config.gridDim.x = static_cast<unsigned>(blocks);
  config.blockDim.x = static_cast<unsigned>(threads);
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  config.attrs = &together;
  config.numAttrs = how == Blocks::together ? 1 : 0;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
