#pragma once

/// CUDA's runtime. A plain C++ compiler takes it from the emulated cards of tests/simt, so that what drives a GPU is tested where there is
/// none. NNP_RUNTIME: a namespace for what stands on it, so that a program can hold both.
#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define NNP_RUNTIME cuda
#else
#include "simt/cuda_runtime.hpp"
#define NNP_RUNTIME emulated
#endif
