#pragma once

#include <cstddef>
#include <string>

#include "kernels/cuda/owned.hpp"
#include "kernels/cuda/pool.hpp"
#include "kernels/device.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// A CUDA device's memory, with one stream for all that is done on it: what `Interface`, one of
/// those that build on Device, asks of a Device.
template <class Interface>
class CudaMemory : public Interface {
 public:
  explicit CudaMemory(int number)
      : number_(number),
        multiprocessors_(device_attribute(cudaDevAttrMultiProcessorCount, number)),
        shared_(device_attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, number)),
        pool_(number),
        stream_(number) {}

  [[nodiscard]] std::string name() const override { return "cuda (" + device_name(number_) + ")"; }

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    const OnDevice current(number_);
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
    const OnDevice current(number_);
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
    return free + pool_.unused();
  }
  [[nodiscard]] std::size_t shared_bytes() const override {
    return static_cast<std::size_t>(shared_);
  }

 protected:
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] int multiprocessors() const { return multiprocessors_; }
  [[nodiscard]] const Stream& stream() const { return stream_; }

 private:
  int number_, multiprocessors_, shared_;
  MemoryPool pool_;
  Stream stream_;
};

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
