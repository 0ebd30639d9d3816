#pragma once

#include <cstddef>
#include <string>

#include "kernels/cuda/check.hpp"
#include "kernels/device.hpp"

/// What CUDA hands out, each in a type that gives it back.
namespace nnpoisson::kernels {
inline namespace NNP_RUNTIME {

class Stream {
 public:
  explicit Stream(int device) {
    const OnDevice current(device);
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }  // NOLINT: as CUDA's calls take it
  void wait() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A point in a stream's work. One that was never recorded is past.
class Event {
 public:
  enum class Keeps { order, time };
  explicit Event(int device, Keeps keeps = Keeps::order) {
    const OnDevice current(device);
    check(cudaEventCreateWithFlags(
              &event_, keeps == Keeps::time ? cudaEventDefault : cudaEventDisableTiming),
          "cudaEventCreateWithFlags");
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(const Stream& stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  void hold_up(const Stream& stream) const {
    check(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent");
  }
  void wait() const { check(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
  /// Between two that keep the time.
  [[nodiscard]] double seconds_since(const Event& begin) const {
    wait();
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin.event_, event_), "cudaEventElapsedTime");
    return milliseconds / 1000.0;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Memory of the host that a device copies from while the host goes on.
class PinnedMemory {
 public:
  PinnedMemory(int device, std::size_t bytes) {
    const OnDevice current(device);
    check(cudaHostAlloc(reinterpret_cast<void**>(&memory_), bytes, cudaHostAllocDefault),
          "cudaHostAlloc of " + mebibytes(bytes));
  }
  ~PinnedMemory() { cudaFreeHost(memory_); }
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  [[nodiscard]] char* data() const { return memory_; }

 private:
  char* memory_ = nullptr;
};

/// The work captured from a stream, to be launched again and again.
class Graph {
 public:
  template <class Work>
  Graph(const Stream& stream, const Work& work) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    work();
    cudaGraph_t captured = nullptr;
    check(cudaStreamEndCapture(stream, &captured), "cudaStreamEndCapture");
    const auto status = cudaGraphInstantiate(&graph_, captured, 0);
    cudaGraphDestroy(captured);
    check(status, "cudaGraphInstantiate");
  }
  ~Graph() { cudaGraphExecDestroy(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch(const Stream& stream) const {
    check(cudaGraphLaunch(graph_, stream), "cudaGraphLaunch");
  }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace NNP_RUNTIME
}  // namespace nnpoisson::kernels
