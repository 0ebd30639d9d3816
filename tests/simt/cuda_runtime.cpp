#include "simt/cuda_runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace simt {

/// Work in order, done when somebody waits for it.
struct StreamState {
  int card = 0;
  std::deque<std::function<void()>> work;
  bool capturing = false;
  std::vector<std::function<void()>> captured;
};

/// How often an event was recorded, and how many of those its stream has reached; lives on in work
/// that waits for it.
struct EventState {
  struct Marks {
    std::uint64_t recorded = 0, reached = 0;
    StreamState* stream = nullptr;
    double time = 0;
  };
  int card = 0;
  bool timing = false;
  std::shared_ptr<Marks> marks = std::make_shared<Marks>();
};

struct GraphState {
  int card = 0;
  std::vector<std::function<void()>> work;
};

struct PoolState {};

namespace {

struct CardState {
  Card card;
  bool context = false;
  double clock = 0;  // s
  std::map<const void*, int> shared_limit;
  PoolState pool;
  Done done;
};

/// All cards of the process, behind one lock: work of one card at a time.
struct Cards {
  std::recursive_mutex mutex;
  std::deque<CardState> all;
  std::map<const void*, std::size_t> memory, pinned;
};
Cards& cards() {
  static Cards made;
  return made;
}
thread_local int current = 0;
thread_local bool at_work = false;
thread_local cudaError_t last_error = cudaSuccess;

constexpr int usual_shared_limit = 48 << 10;

cudaError_t report(cudaError_t status) {
  if (status != cudaSuccess) last_error = status;
  return status;
}

/// The current card, on which this makes a context. Null: it cannot be used.
CardState* use_card() {
  auto& all = cards().all;
  if (current < 0 || static_cast<std::size_t>(current) >= all.size()) return nullptr;
  CardState& here = all[static_cast<std::size_t>(current)];
  if (here.card.prohibited || here.card.busy) return nullptr;
  here.context = at_work = true;
  return &here;
}
CardState& card_of(const StreamState& stream) {
  return cards().all[static_cast<std::size_t>(stream.card)];
}

void do_next(StreamState& stream) {
  const auto work = std::move(stream.work.front());
  stream.work.pop_front();
  work();
}
void do_all(StreamState& stream) {
  while (!stream.work.empty()) do_next(stream);
}
void reach(EventState::Marks& marks, std::uint64_t record) {
  while (marks.reached < record) do_next(*marks.stream);
}
void enqueue(StreamState& stream, std::function<void()> work) {
  if (stream.capturing)
    stream.captured.push_back(std::move(work));
  else
    stream.work.push_back(std::move(work));
}

bool is_pinned(const void* at) {
  auto& pinned = cards().pinned;
  const auto after = pinned.upper_bound(at);
  if (after == pinned.begin()) return false;
  const auto [first, bytes] = *std::prev(after);
  return static_cast<const char*>(at) < static_cast<const char*>(first) + bytes;
}

void* filled_with_nan(std::size_t bytes) {
  void* memory = ::operator new(bytes);
  std::memset(memory, 0xFF, bytes);
  return memory;
}

using Lock = std::lock_guard<std::recursive_mutex>;

}  // namespace

int add_card(const Card& card) {
  const Lock lock(cards().mutex);
  cards().all.push_back({.card = card, .shared_limit = {}, .pool = {}, .done = {}});
  return static_cast<int>(cards().all.size()) - 1;
}

void change_card(int number, const Card& card) {
  const Lock lock(cards().mutex);
  cards().all.at(static_cast<std::size_t>(number)).card = card;
}

bool thread_has_context() {
  return at_work;
}

void start_thread_on(int number) {
  current = number;
  at_work = false;
}

bool has_context(int number) {
  const Lock lock(cards().mutex);
  return cards().all.at(static_cast<std::size_t>(number)).context;
}

Done done_by(int number) {
  const Lock lock(cards().mutex);
  return cards().all.at(static_cast<std::size_t>(number)).done;
}

void enqueue_on_card(cudaStream_t stream, std::function<void()> work) {
  const Lock lock(cards().mutex);
  enqueue(*stream, std::move(work));
}

cudaError_t launch_on_card(const cudaLaunchConfig_t& config, const void* kernel,
                           std::function<void()> body) {
  const Lock lock(cards().mutex);
  CardState* here = use_card();
  if (!here) return report(cudaErrorDevicesUnavailable);
  if (!config.stream || config.stream->card != current)
    return report(cudaErrorInvalidResourceHandle);
  const unsigned blocks = config.gridDim.x, threads = config.blockDim.x;
  if (blocks < 1 || threads < 1 || threads > 1024) return report(cudaErrorInvalidConfiguration);
  const auto limit = here->shared_limit.find(kernel);
  if (config.dynamicSmemBytes > static_cast<std::size_t>(limit == here->shared_limit.end()
                                                             ? usual_shared_limit
                                                             : limit->second))
    return report(cudaErrorInvalidValue);
  bool cooperative = false;
  for (unsigned i = 0; i < config.numAttrs; ++i)
    cooperative = cooperative || (config.attrs[i].id == cudaLaunchAttributeCooperative &&
                                  config.attrs[i].val.cooperative != 0);
  if (cooperative) {
    if (!here->card.cooperative) return report(cudaErrorNotSupported);
    const int together =
        std::min(here->card.cooperative_blocks, here->card.processors * here->card.resident_blocks);
    if (blocks > static_cast<unsigned>(together)) return report(cudaErrorCooperativeLaunchTooLarge);
    ++here->done.cooperative;
  }
  const Grid grid{blocks, threads, config.dynamicSmemBytes, here->card.order};
  enqueue(*config.stream, [here, grid, body = std::move(body)] {
    const double seconds = here->card.turn * static_cast<double>(launch(grid, body));
    here->clock += seconds;
    ++here->done.launches;
    here->done.most_shared_bytes = std::max(here->done.most_shared_bytes, grid.shared_bytes);
    here->done.longest = std::max(here->done.longest, seconds);
  });
  return cudaSuccess;
}

cudaError_t set_shared_limit(const void* kernel, int bytes) {
  const Lock lock(cards().mutex);
  CardState* here = use_card();
  if (!here) return report(cudaErrorDevicesUnavailable);
  if (bytes < 0 || static_cast<std::size_t>(bytes) > here->card.shared_bytes)
    return report(cudaErrorInvalidValue);
  here->shared_limit[kernel] = bytes;
  return cudaSuccess;
}

cudaError_t occupancy(int* blocks, std::size_t shared_bytes) {
  const Lock lock(cards().mutex);
  CardState* here = use_card();
  if (!here) return report(cudaErrorDevicesUnavailable);
  *blocks = shared_bytes <= here->card.shared_bytes ? here->card.resident_blocks : 0;
  return cudaSuccess;
}

}  // namespace simt

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
  const auto* here = use_card();
  if (!here) return report(cudaErrorDevicesUnavailable);
  *free = *all = here->card.free_bytes;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const Lock lock(cards().mutex);
  const auto* here = use_card();
  if (!here) return report(cudaErrorDevicesUnavailable);
  if (bytes > here->card.largest) return report(cudaErrorMemoryAllocation);
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

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const Lock lock(cards().mutex);
  if (!use_card()) return report(cudaErrorDevicesUnavailable);
  *stream = new simt::StreamState{.card = current, .work = {}, .captured = {}};
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(cards().mutex);
  simt::do_all(*stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (stream->capturing) return report(cudaErrorStreamCaptureUnsupported);
  simt::do_all(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const Lock lock(cards().mutex);
  simt::enqueue(*stream, [marks = event->marks, record = event->marks->recorded] {
    simt::reach(*marks, record);
  });
  return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const Lock lock(cards().mutex);
  stream->capturing = true;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const Lock lock(cards().mutex);
  stream->capturing = false;
  *graph = new simt::GraphState{stream->card, std::exchange(stream->captured, {})};
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  const Lock lock(cards().mutex);
  if (!use_card()) return report(cudaErrorDevicesUnavailable);
  *event = new simt::EventState{.card = current, .timing = (flags & cudaEventDisableTiming) == 0};
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (event->card != stream->card) return report(cudaErrorInvalidResourceHandle);
  auto& marks = event->marks;
  marks->stream = stream;
  simt::enqueue(*stream, [marks, record = ++marks->recorded, stream] {
    marks->reached = record;
    marks->time = simt::card_of(*stream).clock;
  });
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const Lock lock(cards().mutex);
  simt::reach(*event->marks, event->marks->recorded);
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  const Lock lock(cards().mutex);
  if (!begin->timing || !end->timing || end->marks->reached == 0)
    return report(cudaErrorInvalidResourceHandle);
  *milliseconds = static_cast<float>(1000 * (end->marks->time - begin->marks->time));
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = new simt::GraphState(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  return cudaGraphDestroy(graph);
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  const Lock lock(cards().mutex);
  if (graph->card != stream->card) return report(cudaErrorInvalidResourceHandle);
  for (const auto& work : graph->work) simt::enqueue(*stream, work);
  ++simt::card_of(*stream).done.graphs;
  return cudaSuccess;
}
