#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/device_backend.hpp"
#include "kernels/plan_image.hpp"
#include "kernels/point_chunks.hpp"
#include "kernels/training_device.hpp"

namespace nnpoisson::kernels {

/// Runs programs phase by phase, as is needed where points are streamed or phases are timed.
template <class T>
class PhaseLauncher {
 public:
  /// chunks: null where the device's memory holds all points. times: null: they are not timed. All
  /// must outlive it.
  PhaseLauncher(TrainingDevice& device, const PlanImage<T>& image, const PointChunks<T>* chunks,
                PhaseTimes* times);

  /// batches: of the program's steps.
  void run(ProgramView<T> program, std::span<const std::uint32_t> batches, int blocks,
           std::size_t shared_bytes);

 private:
  void send(std::span<const std::size_t> chunks, std::size_t next);
  template <class Launches>
  void timed(Phase phase, const Launches& launches);

  TrainingDevice& device_;
  const PlanImage<T>& image_;
  const PointChunks<T>* chunks_;
  std::unique_ptr<ChunkPlaces> places_;
  PhaseTimes* times_;
};

}  // namespace nnpoisson::kernels
