#pragma once

/// The words of CUDA that kernels are written in. nvcc knows them; a plain C++ compiler takes them from the emulation in tests/simt, so
/// that the same sources run where there is no GPU.
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

/// From here on the compiler reads memory anew instead of keeping what it wrote in registers.
NNP_DEVICE void forget_registers() { asm volatile("" ::: "memory"); }

}  // namespace nnpoisson::kernels
