#include "simt/cuda_runtime.hpp"

#include <cstdio>

#include "simt/cards.hpp"

using simt::cards;
using simt::current;
using simt::Lock;
using simt::report;
using simt::use_card;

const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorDevicesUnavailable:
      return "CUDA-capable device(s) is/are busy or unavailable";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorNotSupported:
      return "operation not supported";
    case cudaErrorCooperativeLaunchTooLarge:
      return "too many blocks in cooperative launch";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
  }
  return "unknown error";
}
cudaError_t cudaGetLastError() {
  return std::exchange(simt::last_error, cudaSuccess);
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  const Lock lock(cards().mutex);
  *count = static_cast<int>(cards().all.size());
  return *count > 0 ? cudaSuccess : report(cudaErrorNoDevice);
}
cudaError_t cudaGetDevice(int* device) {
  *device = current;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  const Lock lock(cards().mutex);
  if (device < 0 || static_cast<std::size_t>(device) >= cards().all.size())
    return report(cudaErrorInvalidDevice);
  const int before = std::exchange(current, device);
  if (use_card()) return cudaSuccess;
  current = before;
  return report(cudaErrorDevicesUnavailable);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  const Lock lock(cards().mutex);
  if (device < 0 || static_cast<std::size_t>(device) >= cards().all.size())
    return report(cudaErrorInvalidDevice);
  const simt::Card& card = cards().all[static_cast<std::size_t>(device)].card;
  std::snprintf(properties->name, sizeof properties->name, "%s", card.name.c_str());
  properties->major = card.major;
  properties->minor = card.minor;
  properties->totalGlobalMem = card.free_bytes;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  const Lock lock(cards().mutex);
  if (device < 0 || static_cast<std::size_t>(device) >= cards().all.size())
    return report(cudaErrorInvalidDevice);
  const simt::Card& card = cards().all[static_cast<std::size_t>(device)].card;
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = card.processors;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(card.shared_bytes);
      break;
    case cudaDevAttrCooperativeLaunch:
      *value = card.cooperative ? 1 : 0;
      break;
    case cudaDevAttrComputeCapabilityMajor:
      *value = card.major;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = card.minor;
      break;
    case cudaDevAttrComputeMode:
      *value = card.prohibited ? cudaComputeModeProhibited : 0;
      break;
    case cudaDevAttrClockRate:
      *value = 1500000;
      break;
    case cudaDevAttrMemoryClockRate:
      *value = 2500000;
      break;
    case cudaDevAttrMemoryPoolsSupported:
      *value = card.pools ? 1 : 0;
      break;
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  const Lock lock(cards().mutex);
  *pool = &cards().all.at(static_cast<std::size_t>(device)).pool;
  return cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) {
  return cudaSuccess;
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void* value) {
  *static_cast<std::uint64_t*>(value) = 0;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* all) {
  const Lock lock(cards().mutex);
  const auto* card_state = use_card();
  if (!card_state) return report(cudaErrorDevicesUnavailable);
  *free = *all = card_state->card.free_bytes;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const Lock lock(cards().mutex);
  const auto* card_state = use_card();
  if (!card_state) return report(cudaErrorDevicesUnavailable);
  if (bytes > card_state->card.largest) return report(cudaErrorMemoryAllocation);
  *memory = simt::filled_with_nan(bytes);
  cards().memory[*memory] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  const Lock lock(cards().mutex);
  if (!memory) return cudaSuccess;
  if (cards().memory.erase(memory) == 0) return report(cudaErrorInvalidValue);
  ::operator delete(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (stream->capturing) return report(cudaErrorStreamCaptureUnsupported);
  const simt::Card& card = simt::card_of(*stream).card;
  if (!card.pools) return report(cudaErrorNotSupported);
  const int before = std::exchange(current, stream->card);
  const auto status = cudaMalloc(memory, bytes);
  current = before;
  return status;
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (cards().memory.erase(memory) == 0) return report(cudaErrorInvalidValue);
  simt::enqueue(*stream, [memory] { ::operator delete(memory); });
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  const Lock lock(cards().mutex);
  if (!use_card()) return report(cudaErrorDevicesUnavailable);
  *memory = simt::filled_with_nan(bytes);
  cards().pinned[*memory] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  const Lock lock(cards().mutex);
  if (cards().pinned.erase(memory) == 0) return report(cudaErrorInvalidValue);
  ::operator delete(memory);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  const Lock lock(cards().mutex);
  simt::enqueue(*stream, [=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (simt::is_pinned(kind == cudaMemcpyHostToDevice ? from : to)) {
    simt::enqueue(*stream, [=] { std::memcpy(to, from, bytes); });
  } else if (kind == cudaMemcpyHostToDevice) {
    const auto* first = static_cast<const char*>(from);
    simt::enqueue(*stream, [to, values = std::vector<char>(first, first + bytes)] {
      std::memcpy(to, values.data(), values.size());
    });
  } else {
    simt::do_all(*stream);
    std::memcpy(to, from, bytes);
  }
  return cudaSuccess;
}
