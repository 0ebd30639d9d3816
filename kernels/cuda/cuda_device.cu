#include <algorithm>

#include "kernels/cuda/cublas.hpp"
#include "kernels/cuda/cuda_device.hpp"
#include "kernels/cuda/cuda_wimmer.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/pool.hpp"
#include "kernels/outputs.cuh"
#include "kernels/program.cuh"
#include "kernels/wide.cuh"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {
namespace {

/// Four blocks of 128 threads fit a multiprocessor with 128 registers each. `which`: a phase, or
/// whole_program.
template <class T>
__global__ void __launch_bounds__(block_threads, sizeof(T) == 4 ? 4 : 2)
    program_kernel(const __grid_constant__ ProgramView<T> program, int which) {
  ProgramKernel<T>(program).run(which);
}
template <class T>
__global__ void __launch_bounds__(block_threads)
    output_kernel(const __grid_constant__ OutputView<T> view, OutputPhase phase) {
  OutputKernel<T>(view).run(phase);
}
template <class T>
__global__ void __launch_bounds__(block_threads)
    wide_kernel(const __grid_constant__ WideView<T> view) {
  WideKernel<T>(view).run();
}
__global__ void next_step_kernel(std::uint32_t* step) {
  ++*step;
}

/// A place is copied to once the kernels that read it are done, and read once its copy is done.
class CudaPlaces final : public ChunkPlaces {
 public:
  CudaPlaces(Device& device, int number, const Stream& kernels, std::size_t bytes)
      : kernels_(kernels),
        copies_(number),
        places_{{device, number, kernels, bytes}, {device, number, kernels, bytes}} {}
  ~CudaPlaces() override { cudaStreamSynchronize(copies_); }

  [[nodiscard]] char* staging(int place) override {
    places_[place].sent.wait();
    return places_[place].staging.data();
  }
  void send(int place, std::size_t bytes) override {
    Place& p = places_[place];
    p.read.hold_up(copies_);
    check(
        cudaMemcpyAsync(p.memory.data(), p.staging.data(), bytes, cudaMemcpyHostToDevice, copies_),
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
    Place(Device& device, int number, const Stream& kernels, std::size_t bytes)
        : staging(number, bytes), memory(device, bytes), sent(number), read(number) {
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
  explicit CudaDevice(int number)
      : number_(number),
        processors_(device_attribute(cudaDevAttrMultiProcessorCount, number)),
        shared_(device_attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, number)),
        cooperative_(device_attribute(cudaDevAttrCooperativeLaunch, number) != 0),
        pool_(number),
        stream_(number),
        begin_(number, Event::Keeps::time),
        end_(number, Event::Keeps::time) {
    const OnDevice here(number);
    allow_shared_memory(program_kernel<float>, shared_);
    allow_shared_memory(program_kernel<double>, shared_);
    allow_wimmer_shared_memory(shared_);
  }
  [[nodiscard]] std::string name() const override { return "cuda (" + device_name(number_) + ")"; }

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    const OnDevice here(number_);
    void* memory = nullptr;
    const auto status = pool_.allocate(&memory, bytes, stream_);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      std::size_t free = 0, all = 0;
      cudaMemGetInfo(&free, &all);
      throw ResourceError("cuda: allocation on " + device_name(number_) + ": wanted " +
                          mebibytes(bytes) + ", free " + mebibytes(free) + " of " + mebibytes(all) +
                          "; use a larger train.time_resolution, fewer models, or --backend cpu");
    }
    check(status, "allocation of " + mebibytes(bytes));
    return memory;
  }
  void release(void* memory) noexcept override { pool_.release(memory, stream_); }
  void zero(void* to, std::size_t bytes) override {
    check(cudaMemsetAsync(to, 0, bytes, stream_), "cudaMemsetAsync");
  }
  void to_device(void* to, const void* from, std::size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_),
          "cudaMemcpyAsync to the device");
    stream_.wait();  // the host's memory may go at once
  }
  void to_host(void* to, const void* from, std::size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_),
          "cudaMemcpyAsync to the host");
    stream_.wait();
  }
  [[nodiscard]] std::size_t free_bytes() override {
    const OnDevice here(number_);
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
    return free + pool_.unused();
  }
  void start_clock() override { begin_.record(stream_); }
  [[nodiscard]] double stop_clock() override {
    end_.record(stream_);
    return end_.seconds_since(begin_);
  }
  [[nodiscard]] std::unique_ptr<ChunkPlaces> make_chunk_places(std::size_t bytes) override {
    const OnDevice here(number_);
    return std::make_unique<CudaPlaces>(*this, number_, stream_, bytes);
  }
  [[nodiscard]] std::size_t shared_bytes() const override {
    return static_cast<std::size_t>(shared_);
  }
  [[nodiscard]] int resident_blocks(std::size_t number_size, std::size_t shared_bytes) override {
    return number_size == sizeof(float) ? resident<float>(shared_bytes)
                                        : resident<double>(shared_bytes);
  }
  void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) override {
    launch(program, blocks, shared_bytes);
  }
  void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) override {
    launch(program, blocks, shared_bytes);
  }
  void run_phase(const ProgramView<float>& program, int phase, int blocks,
                 std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void run_phase(const ProgramView<double>& program, int phase, int blocks,
                 std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void next_step(std::uint32_t* step) override {
    const OnDevice here(number_);
    check(kernels::launch(next_step_kernel, 1, 1, 0, stream_, Blocks::apart, step),
          "launch of next_step_kernel");
  }
  void multiply(const Product<float>& product) override { multiply_any(product); }
  void multiply(const Product<double>& product) override { multiply_any(product); }
  void run(const WideView<float>& view) override { launch(view); }
  void run(const WideView<double>& view) override { launch(view); }
  void run(const OutputView<float>& view, int blocks) override { launch(view, blocks); }
  void run(const OutputView<double>& view, int blocks) override { launch(view, blocks); }
  [[nodiscard]] int resident_trials(std::size_t number_size, std::size_t shared_bytes) override {
    const OnDevice here(number_);
    return number_size == sizeof(float) ? resident_wimmer_trials<float>(processors_, shared_bytes)
                                        : resident_wimmer_trials<double>(processors_, shared_bytes);
  }
  void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) override {
    const OnDevice here(number_);
    launch_wimmer(view, trials, shared_bytes, stream_);
  }
  void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) override {
    const OnDevice here(number_);
    launch_wimmer(view, trials, shared_bytes, stream_);
  }

 private:
  Cublas& products() {
    if (!products_) products_ = std::make_unique<Cublas>(stream_);
    return *products_;
  }
  template <class T>
  void multiply_any(const Product<T>& product) {
    const OnDevice here(number_);
    products().multiply(product);
  }
  template <class T>
  void launch(const WideView<T>& view) {
    const OnDevice here(number_);
    // Enough to fill the device whatever the step; a block without work ends at once.
    check(kernels::launch(wide_kernel<T>, 16 * processors_, block_threads, 0, stream_,
                          Blocks::apart, view),
          "launch of wide_kernel");
  }
  template <class T>
  void launch(const OutputView<T>& view, int blocks) {
    const OnDevice here(number_);
    for (const auto phase : {OutputPhase::stimuli, OutputPhase::points})
      check(kernels::launch(output_kernel<T>, blocks, block_threads, 0, stream_, Blocks::apart,
                            view, phase),
            "launch of output_kernel");
  }
  template <class T>
  int resident(std::size_t shared_bytes) {
    const OnDevice here(number_);
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, program_kernel<T>, block_threads,
                                                        shared_bytes),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (blocks < 1)
      throw ResourceError("cuda: " + device_name(number_) +
                          " has no room for one block of the program kernel; use --backend cpu");
    return blocks * processors_;
  }
  template <class T>
  void launch(const ProgramView<T>& program, int blocks, std::size_t shared_bytes) {
    const OnDevice here(number_);
    if (cooperative_) {
      const auto status = kernels::launch(program_kernel<T>, blocks, block_threads, shared_bytes,
                                          stream_, Blocks::together, program, whole_program);
      if (status != cudaErrorCooperativeLaunchTooLarge)
        return check(status,
                     "cooperative launch of program_kernel, " + std::to_string(blocks) + " blocks");
      cudaGetLastError();
      cooperative_ =
          false;  // others hold a part of the device: from here on no block waits for another
    }

    const Graph step(stream_, [&] {
      for (int k = 0; k < phases; ++k) launch_phase(program, k, blocks, shared_bytes);
      next_step(program.step);
    });
    for (std::uint32_t k = 0; k < program.steps; ++k) step.launch(stream_);
    stream_.wait();  // the graph goes
  }
  template <class T>
  void launch_phase(const ProgramView<T>& program, int phase, int blocks,
                    std::size_t shared_bytes) {
    const OnDevice here(number_);
    check(kernels::launch(program_kernel<T>, blocks, block_threads, shared_bytes, stream_,
                          Blocks::apart, program, phase),
          "launch of program_kernel, phase " + std::to_string(phase));
  }

  int number_, processors_, shared_;
  bool cooperative_;
  MemoryPool pool_;
  Stream stream_;
  Event begin_, end_;
  std::unique_ptr<Cublas> products_;  // from the first product on
};

/// Why CUDA shows no device at all; empty: it shows some.
std::string no_device_reason(int& count) {
  const auto status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return {};

  cudaGetLastError();
  count = 0;
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  const auto version = [](int v) {
    return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10);
  };
  if (driver == 0)
    return "no NVIDIA driver is installed; this build needs one for CUDA " + version(runtime);
  if (status == cudaErrorInsufficientDriver)
    return "the driver is for CUDA " + version(driver) + ", but this build needs " +
           version(runtime);
  if (status == cudaSuccess || status == cudaErrorNoDevice)
    return "no device is visible; look at nvidia-smi and CUDA_VISIBLE_DEVICES";
  return cudaGetErrorString(status);
}

/// Machine code runs on later ones of the same major architecture; what the last one was compiled
/// from (PTX), if it is there, on any later.
bool is_built_for(int major, int minor) {
  constexpr int built[] = {__CUDA_ARCH_LIST__};  // 800 for 8.0
  const int device = 100 * major + 10 * minor;
  const bool same_major =
      std::ranges::any_of(built, [&](int a) { return a / 100 == major && a <= device; });
  return same_major || (NNPOISSON_HAS_PTX && *std::ranges::max_element(built) <= device);
}

/// What can be known of a device without a context on it, which would take its memory and, where it
/// is another process' alone, fail.
DeviceState state_of(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");

  DeviceState state;
  state.number = device;
  state.name = "cuda: " + device_name(device);
  state.architecture = "sm_" + std::to_string(10 * properties.major + properties.minor);
  state.memory = properties.totalGlobalMem;
  state.multiprocessors = device_attribute(cudaDevAttrMultiProcessorCount, device);
  state.clock = device_attribute(cudaDevAttrClockRate, device) / 1000;
  state.memory_clock = device_attribute(cudaDevAttrMemoryClockRate, device) / 1000;
  if (!is_built_for(properties.major, properties.minor))
    state.why_not = "architecture " + state.architecture +
                    " is not in this build; build with CMAKE_CUDA_ARCHITECTURES=" +
                    std::to_string(10 * properties.major + properties.minor);
  else if (device_attribute(cudaDevAttrComputeMode, device) == cudaComputeModeProhibited)
    state.why_not = "its compute mode is prohibited; nvidia-smi -c DEFAULT lifts that";
  return state;
}

/// Why a device that should be usable is not: found by making a context on it. Empty: it can be
/// used.
std::string opening_reason(int device) {
  const auto status = OnDevice::try_it(device);
  if (status == cudaSuccess) return {};

  cudaGetLastError();
  if (status == cudaErrorDevicesUnavailable)
    return "another process has it to itself; choose one by --device, or wait";
  return cudaGetErrorString(status);
}

}  // namespace

int usable_cuda_device(int wanted) {
  int count = 0;
  std::string reason = no_device_reason(count);
  if (wanted >= count && count > 0)
    reason = "there is no device " + std::to_string(wanted) +
             "; nnpoisson info --devices lists what there is, from 0";
  const int first = std::max(0, wanted), end = wanted >= 0 ? std::min(count, wanted + 1) : count;
  for (int d = first; d < end; ++d) {
    std::string of_this = state_of(d).why_not;
    if (of_this.empty()) of_this = opening_reason(d);
    if (of_this.empty()) return d;
    if (reason.empty()) reason = device_name(d) + ": " + of_this;
  }
  throw ResourceError("backend cuda: " + reason + "; or use --backend cpu");
}

std::unique_ptr<Device> open_device(int wanted) {
  return std::make_unique<CudaDevice>(usable_cuda_device(wanted));
}

std::vector<DeviceState> device_states() {
  int count = 0;
  const std::string none = no_device_reason(count);
  if (!none.empty()) return {{.name = "cuda", .why_not = none}};

  std::vector<DeviceState> devices;
  for (int d = 0; d < count; ++d) devices.push_back(state_of(d));
  return devices;
}

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
