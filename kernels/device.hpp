#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nnpoisson::kernels {

/// For messages, rounded up.
inline std::string mebibytes(std::size_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

/// A machine that runs kernels, a GPU or in the tests an emulation of one: its name and its memory.
/// What it computes is in the interfaces that build on this one: TrainingDevice, SimulatorDevice.
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
  /// Shared memory that a block may have at most.
  [[nodiscard]] virtual std::size_t shared_bytes() const = 0;
};

/// Numbers in a device's memory. The device must outlive it.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Device& device, std::size_t n)
      : device_(&device),
        size_(n),
        data_(n > 0 ? static_cast<T*>(device.allocate(n * sizeof(T))) : nullptr) {}
  Buffer(Device& device, std::span<const T> values) : Buffer(device, values.size()) { set(values); }
  ~Buffer() {
    if (data_) device_->release(data_);
  }
  Buffer(Buffer&& from) noexcept
      : device_(from.device_),
        size_(std::exchange(from.size_, 0)),
        data_(std::exchange(from.data_, nullptr)) {}
  Buffer& operator=(Buffer&& from) noexcept {
    std::swap(device_, from.device_);
    std::swap(size_, from.size_);
    std::swap(data_, from.data_);
    return *this;
  }

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void set(std::span<const T> values) {
    if (!values.empty()) device_->to_device(data_, values.data(), values.size_bytes());
  }
  void zero() {
    if (size_ > 0) device_->zero(data_, size_ * sizeof(T));
  }
  [[nodiscard]] std::vector<T> get() const {
    std::vector<T> values(size_);
    if (size_ > 0) device_->to_host(values.data(), data_, size_ * sizeof(T));
    return values;
  }

 private:
  Device* device_ = nullptr;
  std::size_t size_ = 0;
  T* data_ = nullptr;
};

}  // namespace nnpoisson::kernels
