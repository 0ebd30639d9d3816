#pragma once

#include <source_location>
#include <string>

#include "kernels/cuda/runtime.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

/// "NVIDIA H100 (device 0)", or the number alone where even the name is not to be had.
inline std::string device_name(int device) {
  cudaDeviceProp properties{};
  const std::string number = "device " + std::to_string(device);
  if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) return number;
  return std::string(properties.name) + " (" + number + ")";
}

/// Throws ResourceError with CUDA's reason and the place in the sources where a call failed. `what`: the call and what it was for.
inline void check(cudaError_t status, const std::string& what, const std::source_location& at = std::source_location::current()) {
  if (status == cudaSuccess) return;

  cudaGetLastError();  // an error that is not sticky must not meet the next call
  int device = 0;
  const std::string where = cudaGetDevice(&device) == cudaSuccess ? " on " + device_name(device) : "";
  const std::string path = at.file_name();
  const auto from = path.rfind("kernels/");
  throw ResourceError("cuda: " + what + where + ": " + cudaGetErrorString(status) + " (" +
                      path.substr(from == std::string::npos ? 0 : from) + ":" + std::to_string(at.line()) + ")");
}

/// Makes a device the current one of this thread, and the one before again at its end. CUDA makes a context on it, which takes a few
/// hundred MiB of its memory.
class OnDevice {
 public:
  explicit OnDevice(int device, const std::source_location& at = std::source_location::current()) {
    check(cudaGetDevice(&before_), "cudaGetDevice", at);
    if (device == before_) return;
    check(cudaSetDevice(device), "cudaSetDevice(" + std::to_string(device) + ")", at);
    changed_ = true;
  }
  ~OnDevice() {
    if (changed_) cudaSetDevice(before_);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int before_ = 0;
  bool changed_ = false;
};

/// The device of that number, or with -1 the first that this build has kernels for and that can be opened. Throws ResourceError with the
/// reason why there is none.
int usable_cuda_device(int wanted);

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
