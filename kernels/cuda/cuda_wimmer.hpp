#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

#include "kernels/wimmer.hpp"

namespace nnpoisson::kernels {

/// Of `processors` multiprocessors.
template <class T>
int resident_wimmer_trials(int processors, std::size_t shared_bytes);
template <class T>
void launch_wimmer(const WimmerView<T>& view, int trials, std::size_t shared_bytes, cudaStream_t stream);

}  // namespace nnpoisson::kernels
