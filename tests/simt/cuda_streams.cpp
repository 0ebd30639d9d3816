#include "simt/cards.hpp"

/// CUDA's streams, events and graphs.
using simt::cards;
using simt::current;
using simt::Lock;
using simt::report;
using simt::use_card;

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
