#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include <atomic>
#include <mutex>

#include "kernels/cuda/pool.hpp"
#include "kernels/device.hpp"
#include "kernels/point_merger.hpp"
#include "kernels/points.cuh"

// Compiled without fused multiply-add, so that every sum is the host's.
namespace nnpoisson::kernels {
namespace {

/// Bytes that an entry takes at most while it is sorted and merged, with its share of the result.
constexpr std::size_t bytes_of_an_entry = 200;

/// Where Thrust takes the memory that it needs for a moment: hundreds of times for a plan, and each
/// time from the driver would be slow.
struct Temporaries {
  using value_type = char;
  char* allocate(std::ptrdiff_t bytes) const {
    void* memory = nullptr;
    check(pool.allocate(&memory, static_cast<std::size_t>(bytes), nullptr),
          "allocation of " + mebibytes(static_cast<std::size_t>(bytes)));
    return static_cast<char*>(memory);
  }
  void deallocate(char* memory, std::size_t) const { pool.release(memory, nullptr); }
  const MemoryPool& pool;
};

class CudaPointMerger final : public PointMerger {
 public:
  explicit CudaPointMerger(int device) : device_(device), pool_(device) {}

  void merge(PlanPiece& piece, const MergeRule& rule, std::vector<Entry>& entries) const override {
    const std::lock_guard lock(mutex_);
    const OnDevice current(device_);  // threads of the host have one each
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "cudaMemGetInfo");
    if (entries.size() > free / bytes_of_an_entry) {
      ++too_large_;
      return HostPointMerger().merge(piece, rule, entries);
    }
    try {
      Temporaries temporaries{pool_};
      add_points(thrust::cuda::par(temporaries), piece, rule, entries);
    } catch (const std::exception& error) {  // Thrust's own
      throw ResourceError("cuda: plan of " + std::to_string(entries.size()) + " entries on " +
                          device_name(device_) + ": " + error.what() + "; or use --backend cpu");
    }
  }
  [[nodiscard]] std::string description() const override {
    std::string text = "on " + device_name(device_);
    if (too_large_ > 0)
      text += ", but for " + std::to_string(too_large_) +
              " batches that its memory does not hold: those on the host";
    return text;
  }

 private:
  int device_;
  MemoryPool pool_;
  mutable std::mutex mutex_;
  mutable std::atomic<int> too_large_ = 0;
};

}  // namespace

std::shared_ptr<const PointMerger> make_cuda_point_merger(int number) {
  return std::make_shared<CudaPointMerger>(usable_cuda_device(number));
}

}  // namespace nnpoisson::kernels
