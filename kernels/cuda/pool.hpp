#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "kernels/cuda/check.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// A device's own pool of memory, which allocations in the order of a stream come from. What is
/// freed stays in it for the next one, instead of going back to the driver whenever the host waits;
/// so it counts as free.
class MemoryPool {
 public:
  explicit MemoryPool(int device) {
    if (device_attribute(cudaDevAttrMemoryPoolsSupported, device) == 0) return;

    const OnDevice current(device);
    check(cudaDeviceGetDefaultMemPool(&pool_, device), "cudaDeviceGetDefaultMemPool");
    auto all = std::numeric_limits<std::uint64_t>::max();
    check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &all),
          "cudaMemPoolSetAttribute");
  }

  /// On the current device, which must be the pool's; plain memory where the driver knows no pools.
  [[nodiscard]] cudaError_t allocate(void** memory, std::size_t bytes, cudaStream_t stream) const {
    return pool_ ? cudaMallocAsync(memory, bytes, stream) : cudaMalloc(memory, bytes);
  }
  void release(void* memory, cudaStream_t stream) const noexcept {
    if (pool_)
      cudaFreeAsync(memory, stream);
    else
      cudaFree(memory);  // waits for the kernels that use it
  }
  /// Bytes that it holds and nobody uses.
  [[nodiscard]] std::size_t unused() const {
    return pool_ ? bytes(cudaMemPoolAttrReservedMemCurrent) - bytes(cudaMemPoolAttrUsedMemCurrent)
                 : 0;
  }

 private:
  [[nodiscard]] std::size_t bytes(cudaMemPoolAttr which) const {
    std::uint64_t value = 0;
    check(cudaMemPoolGetAttribute(pool_, which, &value), "cudaMemPoolGetAttribute");
    return value;
  }
  cudaMemPool_t pool_ = nullptr;  // null: the driver knows none
};

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
