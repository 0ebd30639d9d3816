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

/// Throws ResourceError with CUDA's reason and the place in the sources where a call failed.
/// `what`: the call and what it was for.
inline void check(cudaError_t status, const std::string& what,
                  const std::source_location& place = std::source_location::current()) {
  if (status == cudaSuccess) return;

  cudaGetLastError();  // an error that is not sticky must not meet the next call
  int device = 0;
  const std::string where =
      cudaGetDevice(&device) == cudaSuccess ? " on " + device_name(device) : "";
  const std::string path = place.file_name();
  const auto from = path.rfind("kernels/");
  throw ResourceError("cuda: " + what + where + ": " + cudaGetErrorString(status) + " (" +
                      path.substr(from == std::string::npos ? 0 : from) + ":" +
                      std::to_string(place.line()) + ")");
}

/// Known without a context on the device.
inline int device_attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, device),
        "cudaDeviceGetAttribute " + std::to_string(which));
  return value;
}

/// Makes a device the current one of this thread, and the one before again at its end, if the
/// thread worked on that. Else the device stays: CUDA makes a context on whatever becomes current,
/// which takes some hundred MiB of its memory and fails where another process has it to itself.
class OnDevice {
 public:
  explicit OnDevice(int device,
                    const std::source_location& place = std::source_location::current()) {
    check(enter(device), "cudaSetDevice(" + std::to_string(device) + ")", place);
  }
  ~OnDevice() {
    if (back_) cudaSetDevice(before_);
  }
  /// Makes a context there, or tells why not.
  [[nodiscard]] static cudaError_t try_it(int device) {
    OnDevice current;
    return current.enter(device);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  OnDevice() = default;
  cudaError_t enter(int device) {
    const bool at_work = thread_has_context();
    cudaGetDevice(&before_);
    if (at_work && device == before_) return cudaSuccess;

    const auto status = cudaSetDevice(device);
    back_ = at_work && status == cudaSuccess;
    return status;
  }

  int before_ = 0;
  bool back_ = false;
};

/// The device of that number, or with -1 the first that this build has kernels for and that can be
/// opened. Throws ResourceError with the reason why there is none.
int usable_cuda_device(int wanted);

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
