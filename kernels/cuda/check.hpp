#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "nnpoisson/error.hpp"

namespace nnpoisson::kernels {

/// "NVIDIA H100 (device 0)", or the number alone where even the name is not to be had.
inline std::string device_name(int device) {
  cudaDeviceProp properties{};
  const std::string number = "device " + std::to_string(device);
  if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) return number;
  return std::string(properties.name) + " (" + number + ")";
}

/// Throws ResourceError with CUDA's reason where a call failed. `what`: the call and what it was for.
inline void check(cudaError_t status, const std::string& what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that is not sticky must not meet the next call
  int device = 0;
  const std::string where = cudaGetDevice(&device) == cudaSuccess ? " on " + device_name(device) : "";
  throw ResourceError("cuda: " + what + where + ": " + cudaGetErrorString(status));
}

/// The first device that this build has kernels for. Throws ResourceError with the reason why there is none.
int usable_cuda_device();

}  // namespace nnpoisson::kernels
