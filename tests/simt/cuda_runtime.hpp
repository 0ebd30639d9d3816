#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "simt/simt.hpp"

/// CUDA's runtime as far as kernels/cuda calls it, over emulated cards, so that the code which
/// drives a GPU is tested where there is none. As on a real one:
///  - streams run late: work waits until somebody waits for it, or for an event behind it;
///  - a stream, a launch and an event belong to the card that was current when they were made, and
///  other ones refuse them;
///  - the limit of a kernel's shared memory belongs to the kernel and the card, for the whole
///  process;
///  - memory of the host that is not pinned is read when a copy is asked for, pinned memory when it
///  is done.
namespace simt {

/// What an emulated GPU is.
struct Card {
  std::string name = "emulated GPU";
  int major = 9, minor = 0;
  int processors = 1, resident_blocks = 3;  ///< multiprocessors; blocks of any kernel on each
  std::size_t shared_bytes = 64 << 10;      ///< of a block at most; less than some slabs need
  Order order = Order::ascending;
  std::size_t free_bytes = 1 << 30;  ///< what it says; points that need more are streamed
  std::size_t largest = std::numeric_limits<std::size_t>::max();  ///< allocation that it grants
  bool cooperative = true;                                        ///< knows cooperative launches
  int cooperative_blocks =
      std::numeric_limits<int>::max();    ///< more are refused, whatever resident_blocks promises
  bool pools = true;                      ///< knows memory pools
  bool prohibited = false, busy = false;  ///< to all; held by another process that has it alone
  double turn = 1e-9;                     ///< s that a thread takes from one wait to the next
};

/// Whether the build that drives the cards holds PTX of its last architecture.
inline bool has_ptx = true;

/// Adds a card; returns its number.
int add_card(const Card& card);
/// From now on it is like that.
void change_card(int number, const Card& card);
/// Whether this thread has worked on a card: set one, or made something on the first.
bool thread_has_context();
/// This thread is as new, and has that card as its current one.
void start_thread_on(int number);
/// Whether something was begun on it that takes its memory, and fails where another process has it
/// alone.
bool has_context(int number);
/// What a card has done.
struct Done {
  std::size_t launches = 0, cooperative = 0, graphs = 0;
  std::size_t most_shared_bytes = 0;  ///< of a launch
  double longest = 0;                 ///< launch, s
};
Done done_by(int number);

struct StreamState;
struct EventState;
struct GraphState;
struct PoolState;

}  // namespace simt

// CUDA's own words, of which some are functions of C: their names are the emulation's.
#define __global__
#define __launch_bounds__(...)
#define __grid_constant__
#define __CUDA_ARCH_LIST__ 800, 900
#define NNPOISSON_HAS_PTX simt::has_ptx

enum cudaError_t : int {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorDevicesUnavailable = 46,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotSupported = 801,
  cudaErrorCooperativeLaunchTooLarge = 720,
  cudaErrorStreamCaptureUnsupported = 900,
};
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrMaxSharedMemoryPerBlockOptin,
  cudaDevAttrCooperativeLaunch,
  cudaDevAttrComputeCapabilityMajor,
  cudaDevAttrComputeCapabilityMinor,
  cudaDevAttrComputeMode,
  cudaDevAttrClockRate,
  cudaDevAttrMemoryClockRate,
  cudaDevAttrMemoryPoolsSupported,
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal };
enum cudaMemPoolAttr {
  cudaMemPoolAttrReleaseThreshold,
  cudaMemPoolAttrReservedMemCurrent,
  cudaMemPoolAttrUsedMemCurrent
};
enum cudaLaunchAttributeID { cudaLaunchAttributeCooperative };
inline constexpr int cudaComputeModeProhibited = 2;
inline constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDefault = 0,
                          cudaEventDisableTiming = 2, cudaHostAllocDefault = 0;

using cudaStream_t = simt::StreamState*;
using cudaEvent_t = simt::EventState*;
using cudaGraph_t = simt::GraphState*;
using cudaGraphExec_t = simt::GraphState*;
using cudaMemPool_t = simt::PoolState*;
struct dim3 {
  unsigned x = 1;
};
struct cudaDeviceProp {
  char name[256];
  int major, minor;
  std::size_t totalGlobalMem;
};
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  struct {
    int cooperative;
  } val;
};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  cudaLaunchAttribute* attrs = nullptr;
  unsigned numAttrs = 0;
};

#define cudaGetErrorString simt_cudaGetErrorString
const char* cudaGetErrorString(cudaError_t status);
#define cudaGetLastError simt_cudaGetLastError
cudaError_t cudaGetLastError();
#define cudaDriverGetVersion simt_cudaDriverGetVersion
cudaError_t cudaDriverGetVersion(int* version);
#define cudaRuntimeGetVersion simt_cudaRuntimeGetVersion
cudaError_t cudaRuntimeGetVersion(int* version);
#define cudaGetDeviceCount simt_cudaGetDeviceCount
cudaError_t cudaGetDeviceCount(int* count);
#define cudaGetDevice simt_cudaGetDevice
cudaError_t cudaGetDevice(int* device);
#define cudaSetDevice simt_cudaSetDevice
cudaError_t cudaSetDevice(int device);
#define cudaGetDeviceProperties simt_cudaGetDeviceProperties
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
#define cudaDeviceGetAttribute simt_cudaDeviceGetAttribute
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
#define cudaDeviceGetDefaultMemPool simt_cudaDeviceGetDefaultMemPool
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device);
#define cudaMemPoolSetAttribute simt_cudaMemPoolSetAttribute
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
#define cudaMemPoolGetAttribute simt_cudaMemPoolGetAttribute
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
#define cudaMemGetInfo simt_cudaMemGetInfo
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* all);
#define cudaMalloc simt_cudaMalloc
cudaError_t cudaMalloc(void** memory, std::size_t bytes);
#define cudaFree simt_cudaFree
cudaError_t cudaFree(void* memory);
#define cudaMallocAsync simt_cudaMallocAsync
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t stream);
#define cudaFreeAsync simt_cudaFreeAsync
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
#define cudaHostAlloc simt_cudaHostAlloc
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned flags);
#define cudaFreeHost simt_cudaFreeHost
cudaError_t cudaFreeHost(void* memory);
#define cudaMemsetAsync simt_cudaMemsetAsync
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream);
#define cudaMemcpyAsync simt_cudaMemcpyAsync
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
#define cudaStreamCreateWithFlags simt_cudaStreamCreateWithFlags
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
#define cudaStreamDestroy simt_cudaStreamDestroy
cudaError_t cudaStreamDestroy(cudaStream_t stream);
#define cudaStreamSynchronize simt_cudaStreamSynchronize
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
#define cudaStreamWaitEvent simt_cudaStreamWaitEvent
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
#define cudaStreamBeginCapture simt_cudaStreamBeginCapture
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
#define cudaStreamEndCapture simt_cudaStreamEndCapture
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
#define cudaEventCreateWithFlags simt_cudaEventCreateWithFlags
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
#define cudaEventDestroy simt_cudaEventDestroy
cudaError_t cudaEventDestroy(cudaEvent_t event);
#define cudaEventRecord simt_cudaEventRecord
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
#define cudaEventSynchronize simt_cudaEventSynchronize
cudaError_t cudaEventSynchronize(cudaEvent_t event);
#define cudaEventElapsedTime simt_cudaEventElapsedTime
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);
#define cudaGraphInstantiate simt_cudaGraphInstantiate
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph,
                                 unsigned long long flags);
#define cudaGraphDestroy simt_cudaGraphDestroy
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
#define cudaGraphExecDestroy simt_cudaGraphExecDestroy
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph);
#define cudaGraphLaunch simt_cudaGraphLaunch
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream);

namespace simt {
void enqueue_on_card(cudaStream_t stream, std::function<void()> work);
cudaError_t launch_on_card(const cudaLaunchConfig_t& config, const void* kernel,
                           std::function<void()> body);
cudaError_t set_shared_limit(const void* kernel, int bytes);
cudaError_t occupancy(int* blocks, std::size_t shared_bytes);
}  // namespace simt

template <class... Wanted, class... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Wanted...),
                               Given... arguments) {
  return simt::launch_on_card(*config, reinterpret_cast<const void*>(kernel),
                              [kernel, arguments...] { kernel(arguments...); });
}
template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute, int bytes) {
  return simt::set_shared_limit(reinterpret_cast<const void*>(kernel), bytes);
}
template <class Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel*, int,
                                                          std::size_t shared_bytes) {
  return simt::occupancy(blocks, shared_bytes);
}
