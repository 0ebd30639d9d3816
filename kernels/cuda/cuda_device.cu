#include "kernels/cuda/cublas.hpp"
#include "kernels/cuda/cuda_wimmer.hpp"
#include "kernels/cuda/owned.hpp"
#include "kernels/device.hpp"
#include "kernels/outputs.cuh"
#include "kernels/program.cuh"
#include "kernels/wide.cuh"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::kernels {
namespace {

/// Four blocks of 128 threads fit a multiprocessor with 128 registers each.
template <class T>
__global__ void __launch_bounds__(block_threads, sizeof(T) == 4 ? 4 : 2) program_kernel(const __grid_constant__ ProgramView<T> program) {
  ProgramKernel<T>(program).run();
}

/// One phase of step *program.step, where the persistent kernel cannot run.
template <class T>
__global__ void __launch_bounds__(block_threads, sizeof(T) == 4 ? 4 : 2)
    phase_kernel(const __grid_constant__ ProgramView<T> program, int number) {
  ProgramKernel<T>(program).run(number);
}
template <class T>
__global__ void __launch_bounds__(block_threads) output_kernel(const __grid_constant__ OutputView<T> view, OutputPhase phase) {
  OutputKernel<T>(view).run(phase);
}
template <class T>
__global__ void __launch_bounds__(block_threads) wide_kernel(const __grid_constant__ WideView<T> view) {
  WideKernel<T>(view).run();
}
__global__ void next_step_kernel(std::uint32_t* step) { ++*step; }

/// A place is copied to once the kernels that read it are done, and read once its copy is done.
class CudaPlaces final : public ChunkPlaces {
 public:
  CudaPlaces(Device& device, const Stream& kernels, std::size_t bytes)
      : kernels_(kernels), places_{{device, kernels, bytes}, {device, kernels, bytes}} {}
  ~CudaPlaces() override { cudaStreamSynchronize(copies_); }
  [[nodiscard]] char* staging(int place) override {
    places_[place].sent.wait();
    return places_[place].staging.data();
  }
  void send(int place, std::size_t bytes) override {
    Place& p = places_[place];
    p.read.hold_up(copies_);
    check(cudaMemcpyAsync(p.memory.data(), p.staging.data(), bytes, cudaMemcpyHostToDevice, copies_),
          "cudaMemcpyAsync of a chunk of points");
    p.sent.record(copies_);
  }
  [[nodiscard]] const char* acquire(int place) override {
    places_[place].sent.hold_up(kernels_);
    return places_[place].memory.data();
  }
  void release(int place) override { places_[place].read.record(kernels_); }

 private:
  struct Place {
    Place(Device& device, const Stream& kernels, std::size_t bytes) : staging(bytes), memory(device, bytes) {
      read.record(kernels);  // the memory is there
    }
    PinnedMemory staging;
    Buffer<char> memory;
    Event sent, read;
  };
  const Stream& kernels_;
  Stream copies_;
  Place places_[2];
};

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int number) : number_(number) {
    check(cudaDeviceGetAttribute(&processors_, cudaDevAttrMultiProcessorCount, number), "cudaDeviceGetAttribute (multiprocessors)");
    check(cudaDeviceGetAttribute(&shared_, cudaDevAttrMaxSharedMemoryPerBlockOptin, number), "cudaDeviceGetAttribute (shared memory)");
    check(cudaDeviceGetAttribute(&cooperative_, cudaDevAttrCooperativeLaunch, number), "cudaDeviceGetAttribute (cooperative launch)");
  }
  [[nodiscard]] std::string name() const override { return "cuda (" + device_name(number_) + ")"; }

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    const auto status = cudaMallocAsync(&memory, bytes, stream_);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      std::size_t free = 0, all = 0;
      cudaMemGetInfo(&free, &all);
      throw ResourceError("cuda: cudaMallocAsync on " + device_name(number_) + ": wanted " + mebibytes(bytes) + ", free " +
                          mebibytes(free) + " of " + mebibytes(all) +
                          "; use a larger train.time_resolution, fewer models, or --backend cpu");
    }
    check(status, "cudaMallocAsync of " + mebibytes(bytes));
    return memory;
  }
  void release(void* memory) noexcept override { cudaFreeAsync(memory, stream_); }
  void zero(void* to, std::size_t bytes) override { check(cudaMemsetAsync(to, 0, bytes, stream_), "cudaMemsetAsync"); }
  void to_device(void* to, const void* from, std::size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync to the device");
    stream_.wait();  // the host's memory may go at once
  }
  void to_host(void* to, const void* from, std::size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "cudaMemcpyAsync to the host");
    stream_.wait();
  }
  [[nodiscard]] std::size_t free_bytes() override {
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
    return free;
  }
  [[nodiscard]] std::unique_ptr<ChunkPlaces> make_chunk_places(std::size_t bytes) override {
    return std::make_unique<CudaPlaces>(*this, stream_, bytes);
  }
  [[nodiscard]] std::size_t shared_bytes() const override { return static_cast<std::size_t>(shared_); }
  [[nodiscard]] int resident_blocks(std::size_t number_size, std::size_t shared_bytes) override {
    return number_size == sizeof(float) ? resident<float>(shared_bytes) : resident<double>(shared_bytes);
  }
  void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) override { launch(program, blocks, shared_bytes); }
  void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) override { launch(program, blocks, shared_bytes); }
  void run_phase(const ProgramView<float>& program, int phase, int blocks, std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void run_phase(const ProgramView<double>& program, int phase, int blocks, std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void next_step(std::uint32_t* step) override {
    next_step_kernel<<<1, 1, 0, stream_>>>(step);
    check(cudaGetLastError(), "launch of next_step_kernel");
  }
  void multiply(const Product<float>& product) override { products().multiply(product); }
  void multiply(const Product<double>& product) override { products().multiply(product); }
  void run(const WideView<float>& view) override { launch(view); }
  void run(const WideView<double>& view) override { launch(view); }
  void run(const OutputView<float>& view, int blocks) override { launch(view, blocks); }
  void run(const OutputView<double>& view, int blocks) override { launch(view, blocks); }
  [[nodiscard]] int resident_trials(std::size_t number_size, std::size_t shared_bytes) override {
    return number_size == sizeof(float) ? resident_wimmer_trials<float>(processors_, shared_bytes)
                                        : resident_wimmer_trials<double>(processors_, shared_bytes);
  }
  void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) override {
    launch_wimmer(view, trials, shared_bytes, stream_);
  }
  void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) override {
    launch_wimmer(view, trials, shared_bytes, stream_);
  }

 private:
  Cublas& products() {
    if (!products_) products_ = std::make_unique<Cublas>(stream_);
    return *products_;
  }
  template <class T>
  void launch(const WideView<T>& view) {
    // Enough to fill the device whatever the step; a block without work ends at once.
    wide_kernel<T><<<static_cast<unsigned>(16 * processors_), block_threads, 0, stream_>>>(view);
    check(cudaGetLastError(), "launch of wide_kernel");
  }
  template <class T>
  void launch(const OutputView<T>& view, int blocks) {
    for (const auto phase : {OutputPhase::stimuli, OutputPhase::points}) {
      output_kernel<T><<<static_cast<unsigned>(blocks), block_threads, 0, stream_>>>(view, phase);
      check(cudaGetLastError(), "launch of output_kernel");
    }
  }
  template <class T>
  int resident(std::size_t shared_bytes) {
    const std::string what = "cudaFuncSetAttribute (" + std::to_string(shared_bytes) + " bytes of shared memory)";
    check(cudaFuncSetAttribute(program_kernel<T>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)), what);
    check(cudaFuncSetAttribute(phase_kernel<T>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)), what);
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, program_kernel<T>, block_threads, shared_bytes),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (blocks < 1)
      throw ResourceError("cuda: " + device_name(number_) + " has no room for one block of the program kernel; use --backend cpu");
    return blocks * processors_;
  }
  template <class T>
  void launch(ProgramView<T> program, int blocks, std::size_t shared_bytes) {
    if (cooperative_) {
      void* arguments[] = {&program};
      check(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&program_kernel<T>), dim3(static_cast<unsigned>(blocks)),
                                        dim3(block_threads), arguments, shared_bytes, stream_),
            "cudaLaunchCooperativeKernel of " + std::to_string(blocks) + " blocks");
      return;
    }
    const Graph step(stream_, [&] {
      for (int k = 0; k < phases; ++k) launch_phase(program, k, blocks, shared_bytes);
      next_step(program.step);
    });
    for (std::uint32_t k = 0; k < program.steps; ++k) step.launch(stream_);
    stream_.wait();  // the graph goes
  }
  template <class T>
  void launch_phase(const ProgramView<T>& program, int phase, int blocks, std::size_t shared_bytes) {
    phase_kernel<T><<<static_cast<unsigned>(blocks), block_threads, shared_bytes, stream_>>>(program, phase);
    check(cudaGetLastError(), "launch of phase_kernel");
  }

  int number_, processors_ = 0, shared_ = 0, cooperative_ = 0;
  Stream stream_;
  std::unique_ptr<Cublas> products_;  // from the first product on
};

/// Why CUDA shows no device at all; empty: it shows some.
std::string no_device_reason(int& count) {
  const auto status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return {};
  cudaGetLastError();
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  const auto version = [](int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); };
  if (driver == 0) return "no NVIDIA driver is installed; this build needs one for CUDA " + version(runtime);
  if (status == cudaErrorInsufficientDriver)
    return "the driver is for CUDA " + version(driver) + ", but this build needs " + version(runtime);
  if (status == cudaSuccess || status == cudaErrorNoDevice) return "no device is visible; look at nvidia-smi and CUDA_VISIBLE_DEVICES";
  return cudaGetErrorString(status);
}

/// Why a device cannot be used; empty: it can.
std::string unusable_reason(int device) {
  check(cudaSetDevice(device), "cudaSetDevice");
  cudaFuncAttributes attributes{};
  const auto status = cudaFuncGetAttributes(&attributes, program_kernel<float>);
  if (status == cudaSuccess) return {};
  cudaGetLastError();
  if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction || status == cudaErrorUnsupportedPtxVersion) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    return "architecture sm_" + std::to_string(properties.major) + std::to_string(properties.minor) +
           " is not in this build; build with CMAKE_CUDA_ARCHITECTURES=" + std::to_string(properties.major) +
           std::to_string(properties.minor);
  }
  return cudaGetErrorString(status);
}

}  // namespace

int usable_cuda_device() {
  int count = 0;
  std::string reason = no_device_reason(count);
  for (int d = 0; d < count; ++d) {
    const std::string of_this = unusable_reason(d);
    if (of_this.empty()) return d;
    if (reason.empty()) reason = device_name(d) + ": " + of_this;
  }
  throw ResourceError("backend cuda: " + reason + "; or use --backend cpu");
}

std::unique_ptr<Device> make_cuda_device() { return std::make_unique<CudaDevice>(usable_cuda_device()); }

}  // namespace nnpoisson::kernels

namespace nnpoisson {

std::vector<DeviceState> cuda_devices() {
  int count = 0;
  const std::string none = kernels::no_device_reason(count);
  if (!none.empty()) return {{"cuda", none}};
  std::vector<DeviceState> devices;
  for (int d = 0; d < count; ++d) devices.push_back({"cuda: " + kernels::device_name(d), kernels::unusable_reason(d)});
  return devices;
}

}  // namespace nnpoisson
