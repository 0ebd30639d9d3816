#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/wide.hpp"

namespace nnpoisson::kernels {

template <class T>
struct WimmerView;  // wimmer.hpp

/// For messages, rounded up.
inline std::string mebibytes(std::size_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

/// c [m x n] = a [m x k] b [k x n], or added to what c holds; matrices by columns, `ld...` numbers
/// from one to the next.
template <class T>
struct Product {
  int m, n, k;
  const T* a;
  int lda;
  bool a_transposed = false;  ///< a is stored as [k x m]
  const T* b;
  int ldb;
  bool b_transposed = false;
  T* c;
  int ldc;
  bool add = false;
};

/// Two places in a device's memory, filled in turn from the host's on a stream of their own while
/// kernels read the other.
class ChunkPlaces {
 public:
  virtual ~ChunkPlaces() = default;
  /// Pinned memory of the host, to be filled for a place. Waits until what it held has been sent.
  [[nodiscard]] virtual char* staging(int place) = 0;
  /// Sends so many bytes of it, once the kernels that read the place are done.
  virtual void send(int place, std::size_t bytes) = 0;
  /// The place in the device's memory. Kernels launched from here on wait for what was sent; those
  /// until `release` read it.
  [[nodiscard]] virtual const char* acquire(int place) = 0;
  virtual void release(int place) = 0;
};

/// What the backend needs of a machine that runs kernels: a GPU, or in the tests an emulation of
/// one.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Throws ResourceError: the memory wanted and free.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  virtual void zero(void* to, std::size_t bytes) = 0;
  virtual void to_device(void* to, const void* from, std::size_t bytes) = 0;
  /// Waits for what was launched before.
  virtual void to_host(void* to, const void* from, std::size_t bytes) = 0;
  [[nodiscard]] virtual std::size_t free_bytes() = 0;
  /// Between the two, how long the device works on what is launched, s; stopping waits for it.
  virtual void start_clock() = 0;
  [[nodiscard]] virtual double stop_clock() = 0;
  /// Throws ResourceError where the device or the host has no room for two places of so many bytes.
  [[nodiscard]] virtual std::unique_ptr<ChunkPlaces> make_chunk_places(std::size_t bytes) = 0;
  /// Shared memory that a block may have at most.
  [[nodiscard]] virtual std::size_t shared_bytes() const = 0;
  /// Blocks of the program kernel that are resident together; at least 1.
  [[nodiscard]] virtual int resident_blocks(std::size_t number_size, std::size_t shared_bytes) = 0;
  /// Runs the program: by one launch of the persistent kernel, or phase by phase.
  virtual void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) = 0;
  virtual void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) = 0;
  /// One phase of step *program.step.
  virtual void run_phase(const ProgramView<float>& program, int phase, int blocks,
                         std::size_t shared_bytes) = 0;
  virtual void run_phase(const ProgramView<double>& program, int phase, int blocks,
                         std::size_t shared_bytes) = 0;
  virtual void next_step(std::uint32_t* step) = 0;
  virtual void multiply(const Product<float>& product) = 0;
  virtual void multiply(const Product<double>& product) = 0;
  /// By as many blocks as the work needs or the device runs together.
  virtual void run(const WideView<float>& view) = 0;
  virtual void run(const WideView<double>& view) = 0;
  /// The outputs at some points, by that many blocks.
  virtual void run(const OutputView<float>& view, int blocks) = 0;
  virtual void run(const OutputView<double>& view, int blocks) = 0;
  /// Blocks of the spiking network's kernel that are resident together; at least 1.
  [[nodiscard]] virtual int resident_trials(std::size_t number_size, std::size_t shared_bytes) = 0;
  virtual void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) = 0;
  virtual void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) = 0;
};

/// The device of that number (DeviceState::number); -1: the first that this build has kernels for
/// and that can be opened. Throws ResourceError with the reason: no driver, one too old, no such
/// device, none of an architecture that was built, one that another process has alone, no CUDA in
/// this build.
std::unique_ptr<Device> make_cuda_device(int number);

/// Numbers in a device's memory. The device must outlive it.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Device& device, std::size_t n)
      : device_(&device),
        size_(n),
        at_(n > 0 ? static_cast<T*>(device.allocate(n * sizeof(T))) : nullptr) {}
  Buffer(Device& device, std::span<const T> values) : Buffer(device, values.size()) { set(values); }
  ~Buffer() {
    if (at_) device_->release(at_);
  }
  Buffer(Buffer&& from) noexcept
      : device_(from.device_),
        size_(std::exchange(from.size_, 0)),
        at_(std::exchange(from.at_, nullptr)) {}
  Buffer& operator=(Buffer&& from) noexcept {
    std::swap(device_, from.device_);
    std::swap(size_, from.size_);
    std::swap(at_, from.at_);
    return *this;
  }

  [[nodiscard]] T* data() const { return at_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void set(std::span<const T> values) {
    if (!values.empty()) device_->to_device(at_, values.data(), values.size_bytes());
  }
  void zero() {
    if (size_ > 0) device_->zero(at_, size_ * sizeof(T));
  }
  [[nodiscard]] std::vector<T> get() const {
    std::vector<T> values(size_);
    if (size_ > 0) device_->to_host(values.data(), at_, size_ * sizeof(T));
    return values;
  }

 private:
  Device* device_ = nullptr;
  std::size_t size_ = 0;
  T* at_ = nullptr;
};

}  // namespace nnpoisson::kernels
