#include "kernels/cuda/cuda_devices.hpp"
#include "kernels/cuda/cuda_memory.hpp"
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

class CudaSimulatorDevice final : public CudaMemory<SimulatorDevice> {
 public:
  explicit CudaSimulatorDevice(int number) : CudaMemory(number) {
    const OnDevice current(number);
    const auto all = static_cast<int>(shared_bytes());
    allow_shared_memory(wimmer_kernel<float>, all);
    allow_shared_memory(wimmer_kernel<double>, all);
  }

  [[nodiscard]] int resident_trials(std::size_t number_size, std::size_t shared_bytes) override {
    return number_size == sizeof(float) ? resident<float>(shared_bytes)
                                        : resident<double>(shared_bytes);
  }
  void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) override {
    launch(view, trials, shared_bytes);
  }
  void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) override {
    launch(view, trials, shared_bytes);
  }

 private:
  template <class T>
  int resident(std::size_t shared_bytes) {
    const OnDevice current(number());
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, wimmer_kernel<T>, wimmer_threads,
                                                        shared_bytes),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (blocks < 1)
      throw ResourceError(
          "cuda: the device has no room for one block of the simulator's kernel; "
          "use --backend cpu");
    return blocks * multiprocessors();
  }
  template <class T>
  void launch(const WimmerView<T>& view, int trials, std::size_t shared_bytes) {
    const OnDevice current(number());
    check(kernels::launch(wimmer_kernel<T>, trials, wimmer_threads, shared_bytes, stream(),
                          Blocks::apart, view),
          "launch of wimmer_kernel");
  }
};

}  // namespace

std::unique_ptr<SimulatorDevice> open_simulator_device(int wanted) {
  return std::make_unique<CudaSimulatorDevice>(usable_cuda_device(wanted));
}

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
