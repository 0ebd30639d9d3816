#pragma once

/// The words of CUDA that kernels are written in. nvcc knows them; a plain C++ compiler takes them
/// from the emulation in tests/simt, so that the same sources run where there is no GPU.
#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define NNP_DEVICE __device__ __forceinline__
#define NNP_DEVICE_CALL static __device__ __noinline__  // one copy, called from many places
#define NNP_UNROLL _Pragma("unroll")
#define NNP_NO_UNROLL _Pragma("unroll 1")
#else
#include "simt/simt.hpp"
#define NNP_DEVICE inline
#define NNP_DEVICE_CALL inline
#define NNP_UNROLL
#define NNP_NO_UNROLL
#endif

namespace nnpoisson::kernels {

/// The block's dynamic shared memory.
NNP_DEVICE char* shared_memory() {
#if defined(__CUDACC__)
  extern __shared__ double shared[];
  return reinterpret_cast<char*>(shared);
#else
  return simt::shared_memory();
#endif
}

/// Counts this thread's block at a meeting place in device memory; what it wrote before is seen by
/// those who then read the count.
NNP_DEVICE void add_release(unsigned* count, unsigned value) {
#if defined(__CUDACC__)
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(count), "r"(value) : "memory");
#else
  __threadfence();
  atomicAdd(count, value);
#endif
}
/// Waits until such a count has reached `target`; what was written before that is seen from here
/// on. Relaxed while it waits: an acquiring load empties the multiprocessor's L1 each time, under
/// the blocks that still work there (measured: half the speed on an H100).
NNP_DEVICE void wait_for(unsigned* count, unsigned target) {
  // The count wraps around in long programs; differences do not.
  while (static_cast<int>(*static_cast<volatile unsigned*>(count) - target) < 0) __nanosleep(20);
#if defined(__CUDACC__)
  asm volatile("fence.acq_rel.gpu;" ::: "memory");
#else
  __threadfence();
#endif
}

/// From here on the compiler reads memory anew instead of keeping what it wrote in registers.
NNP_DEVICE void forget_registers() {
  asm volatile("" ::: "memory");
}

}  // namespace nnpoisson::kernels
