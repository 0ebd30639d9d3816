#include "kernels/cuda/cuda_wimmer.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/wimmer.cuh"

// Compiled without fused multiply-add and with denormal floats as 0, so that spikes are the host's.
namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {
namespace {

template <class T>
__global__ void __launch_bounds__(wimmer_threads, 1)
    wimmer_kernel(const __grid_constant__ WimmerView<T> view) {
  WimmerKernel<T, wimmer_threads>(view).run();
}

}  // namespace

void allow_wimmer_shared_memory(int bytes) {
  allow_shared_memory(wimmer_kernel<float>, bytes);
  allow_shared_memory(wimmer_kernel<double>, bytes);
}

template <class T>
int resident_wimmer_trials(int processors, std::size_t shared_bytes) {
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, wimmer_kernel<T>, wimmer_threads,
                                                      shared_bytes),
        "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  if (blocks < 1)
    throw ResourceError(
        "cuda: the device has no room for one block of the simulator's kernel; use --backend cpu");
  return blocks * processors;
}

template <class T>
void launch_wimmer(const WimmerView<T>& view, int trials, std::size_t shared_bytes,
                   const Stream& stream) {
  check(launch(wimmer_kernel<T>, trials, wimmer_threads, shared_bytes, stream, Blocks::apart, view),
        "launch of wimmer_kernel");
}

template int resident_wimmer_trials<float>(int, std::size_t);
template int resident_wimmer_trials<double>(int, std::size_t);
template void launch_wimmer(const WimmerView<float>&, int, std::size_t, const Stream&);
template void launch_wimmer(const WimmerView<double>&, int, std::size_t, const Stream&);

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
