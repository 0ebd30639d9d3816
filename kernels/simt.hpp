#pragma once

/// The words of CUDA that kernels are written in. nvcc knows them; a plain C++ compiler takes them from the emulation in tests/simt, so
/// that the same sources run where there is no GPU.
#if defined(__CUDACC__)
#define NNP_DEVICE __device__ __forceinline__
#define NNP_UNROLL _Pragma("unroll")
#else
#include "simt/simt.hpp"
#define NNP_DEVICE inline
#define NNP_UNROLL
#endif
