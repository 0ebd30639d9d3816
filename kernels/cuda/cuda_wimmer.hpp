#pragma once

#include <cstddef>

#include "kernels/cuda/owned.hpp"
#include "kernels/wimmer.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// For the simulator's kernels, on the current device, up to so many bytes a block.
void allow_wimmer_shared_memory(int bytes);
/// Of `processors` multiprocessors.
template <class T>
int resident_wimmer_trials(int processors, std::size_t shared_bytes);
template <class T>
void launch_wimmer(const WimmerView<T>& view, int trials, std::size_t shared_bytes,
                   const Stream& stream);

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
