#include "kernels/cuda/check.hpp"
#include "kernels/cuda/cuda_wimmer.hpp"
#include "kernels/wimmer.cuh"

// Compiled without fused multiply-add and with denormal floats as 0, so that spikes are the host's.
namespace nnpoisson::kernels {
namespace {

template <class T>
__global__ void __launch_bounds__(wimmer_threads, 1) wimmer_kernel(const __grid_constant__ WimmerView<T> view) {
  WimmerKernel<T, wimmer_threads>(view).run();
}

}  // namespace

template <class T>
int resident_wimmer_trials(int processors, std::size_t shared_bytes) {
  check(cudaFuncSetAttribute(wimmer_kernel<T>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)),
        "cudaFuncSetAttribute (" + std::to_string(shared_bytes) + " bytes of shared memory)");
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, wimmer_kernel<T>, wimmer_threads, shared_bytes),
        "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  if (blocks < 1) throw ResourceError("cuda: the device has no room for one block of the simulator's kernel; use --backend cpu");
  return blocks * processors;
}

template <class T>
void launch_wimmer(const WimmerView<T>& view, int trials, std::size_t shared_bytes, cudaStream_t stream) {
  wimmer_kernel<T><<<static_cast<unsigned>(trials), wimmer_threads, shared_bytes, stream>>>(view);
  check(cudaGetLastError(), "launch of wimmer_kernel");
}

template int resident_wimmer_trials<float>(int, std::size_t);
template int resident_wimmer_trials<double>(int, std::size_t);
template void launch_wimmer(const WimmerView<float>&, int, std::size_t, cudaStream_t);
template void launch_wimmer(const WimmerView<double>&, int, std::size_t, cudaStream_t);

}  // namespace nnpoisson::kernels
