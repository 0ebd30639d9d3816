#include "kernels/cuda/cuda_devices.hpp"
#include "kernels/cuda/cuda_memory.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/program.cuh"

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

class CudaTrainingDevice final : public CudaMemory<TrainingDevice> {
 public:
  explicit CudaTrainingDevice(int number)
      : CudaMemory(number),
        cooperative_(device_attribute(cudaDevAttrCooperativeLaunch, number) != 0),
        begin_(number, Event::Keeps::time),
        end_(number, Event::Keeps::time) {
    const OnDevice current(number);
    const auto all = static_cast<int>(shared_bytes());
    allow_shared_memory(program_kernel<float>, all);
    allow_shared_memory(program_kernel<double>, all);
  }

  void start_clock() override { begin_.record(stream()); }
  [[nodiscard]] double stop_clock() override {
    end_.record(stream());
    return end_.seconds_since(begin_);
  }

  [[nodiscard]] std::unique_ptr<ChunkPlaces> make_chunk_places(std::size_t bytes) override {
    const OnDevice current(number());
    return std::make_unique<CudaPlaces>(*this, number(), stream(), bytes);
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
  void run_phase(const ProgramView<float>& program, Phase phase, int blocks,
                 std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void run_phase(const ProgramView<double>& program, Phase phase, int blocks,
                 std::size_t shared_bytes) override {
    launch_phase(program, phase, blocks, shared_bytes);
  }
  void next_step(std::uint32_t* step) override {
    const OnDevice current(number());
    check(kernels::launch(next_step_kernel, 1, 1, 0, stream(), Blocks::apart, step),
          "launch of next_step_kernel");
  }

 private:
  template <class T>
  int resident(std::size_t shared_bytes) {
    const OnDevice current(number());
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, program_kernel<T>, block_threads,
                                                        shared_bytes),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (blocks < 1)
      throw ResourceError("cuda: " + device_name(number()) +
                          " has no room for one block of the program kernel; use --backend cpu");
    return blocks * multiprocessors();
  }
  template <class T>
  void launch(const ProgramView<T>& program, int blocks, std::size_t shared_bytes) {
    const OnDevice current(number());
    if (cooperative_) {
      const auto status = kernels::launch(program_kernel<T>, blocks, block_threads, shared_bytes,
                                          stream(), Blocks::together, program, whole_program);
      if (status != cudaErrorCooperativeLaunchTooLarge)
        return check(status,
                     "cooperative launch of program_kernel, " + std::to_string(blocks) + " blocks");
      cudaGetLastError();
      // Others hold a part of the device: from here on no block waits for another.
      cooperative_ = false;
    }

    const Graph step(stream(), [&] {
      for (int k = 0; k < phases; ++k)
        launch_phase(program, static_cast<Phase>(k), blocks, shared_bytes);
      next_step(program.step);
    });
    for (std::uint32_t k = 0; k < program.steps; ++k) step.launch(stream());
    stream().wait();  // the graph goes
  }
  template <class T>
  void launch_phase(const ProgramView<T>& program, Phase phase, int blocks,
                    std::size_t shared_bytes) {
    const OnDevice current(this->number());
    const int number = static_cast<int>(phase);
    check(kernels::launch(program_kernel<T>, blocks, block_threads, shared_bytes, stream(),
                          Blocks::apart, program, number),
          "launch of program_kernel, phase " + std::to_string(number));
  }

  bool cooperative_;
  Event begin_, end_;
};

}  // namespace

std::unique_ptr<TrainingDevice> open_training_device(int wanted) {
  return std::make_unique<CudaTrainingDevice>(usable_cuda_device(wanted));
}

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
