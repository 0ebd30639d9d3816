#include <algorithm>

#include "kernels/cuda/cuda_devices.hpp"

namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {
namespace {

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
    std::string why_not = state_of(d).why_not;
    if (why_not.empty()) why_not = opening_reason(d);
    if (why_not.empty()) return d;
    if (reason.empty()) reason = device_name(d) + ": " + why_not;
  }
  throw ResourceError("backend cuda: " + reason + "; or use --backend cpu");
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
