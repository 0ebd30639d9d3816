#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/plan_image.hpp"

namespace nnpoisson::kernels {

/// The points of a plan cut into chunks of whole slabs, for a device whose memory does not hold
/// them all. The image keeps the points.
template <class T>
class PointChunks {
 public:
  /// Chunks of at most `bytes`, or of one slab that is larger. Tiles of the image then say where
  /// their points lie in their chunk.
  PointChunks(PlanImage<T>& image, std::size_t bytes);

  [[nodiscard]] std::size_t size() const { return chunks_.size(); }
  [[nodiscard]] std::size_t largest() const { return largest_; }  ///< bytes
  /// Those that hold the slabs of a batch.
  [[nodiscard]] std::vector<std::size_t> chunks_of(const BatchView& batch) const;
  /// Writes a chunk as it will lie in the device's memory; returns its bytes.
  std::size_t pack(std::size_t chunk, char* to) const;
  /// Makes the program read that chunk from `memory` and take its slabs alone.
  void place(std::size_t chunk, const char* memory, ProgramView<T>& program) const;

 private:
  struct Range {
    std::uint64_t first = 0, end = 0;
  };
  struct Chunk {
    std::uint32_t first_slab, end_slab;
    Range range[3];  ///< by PerPoint
  };
  /// Calls `body(array, its pointer in PlanView, the chunk's range in it, where that begins in the
  /// chunk)`; returns the chunk's bytes.
  template <class Body>
  std::size_t for_arrays(const Chunk& chunk, const Body& body) const;
  [[nodiscard]] std::size_t bytes(const Chunk& chunk) const;

  const PlanImage<T>& image_;
  std::vector<Chunk> chunks_;
  std::size_t largest_ = 0;
};

}  // namespace nnpoisson::kernels
