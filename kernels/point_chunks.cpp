#include "kernels/point_chunks.hpp"

#include <algorithm>
#include <span>

namespace nnpoisson::kernels {
namespace {

constexpr std::size_t alignment = 256;  // of every array in a chunk
constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

template <class T>
template <class Body>
std::size_t PointChunks<T>::for_arrays(const Chunk& chunk, const Body& body) const {
  std::size_t offset = 0;
  for_point_arrays(image_, [&](const auto& array, auto member, PerPoint kind) {
    const Range& range = chunk.range[static_cast<int>(kind)];
    body(array, member, range, offset);
    offset += aligned((range.end - range.first) * sizeof(array[0]));
  });
  return offset;
}

template <class T>
std::size_t PointChunks<T>::bytes(const Chunk& chunk) const {
  return for_arrays(chunk, [](const auto&, auto, const Range&, std::size_t) {});
}

template <class T>
PointChunks<T>::PointChunks(PlanImage<T>& image, std::size_t most) : image_(image) {
  std::vector<std::uint32_t> range_ends;  // a chunk for two batches would be sent for either
  for (const BatchView& batch : image.batches)
    for (const SlabRange& range : batch.range) range_ends.push_back(range.first + range.count);
  std::ranges::sort(range_ends);
  for (std::uint32_t s = 0; s < image.slabs.size(); ++s) {
    const Slab& slab = image.slabs[s];
    const TileSpan &first = image.tiles[slab.first_tile],
                   &last = image.tiles[slab.first_tile + slab.tiles - 1];
    const Chunk alone{
        s,
        s + 1,
        {{first.first_point, last.first_point + last.count},
         {first.first_weight, last.first_weight + std::uint64_t{slab.columns} * last.count},
         {first.first_interval,
          last.first_interval + (slab.reading == Reading::interval ? last.count : 0)}}};
    if (!chunks_.empty() && !std::ranges::binary_search(range_ends, s)) {
      Chunk joined = chunks_.back();
      joined.end_slab = alone.end_slab;
      for (int k = 0; k < 3; ++k) joined.range[k].end = alone.range[k].end;
      if (bytes(joined) <= most) {
        chunks_.back() = joined;
        continue;
      }
    }
    chunks_.push_back(alone);
  }
  for (const Chunk& chunk : chunks_) {
    largest_ = std::max(largest_, bytes(chunk));
    for (std::uint32_t s = chunk.first_slab; s < chunk.end_slab; ++s)
      for (std::uint32_t t = image.slabs[s].first_tile;
           t < image.slabs[s].first_tile + image.slabs[s].tiles; ++t) {
        image.tiles[t].first_point -= chunk.range[0].first;
        image.tiles[t].first_weight -= chunk.range[1].first;
        image.tiles[t].first_interval -= chunk.range[2].first;
      }
  }
}

template <class T>
std::vector<std::size_t> PointChunks<T>::chunks_of(const BatchView& batch) const {
  std::vector<std::size_t> found;
  for (std::size_t c = 0; c < chunks_.size(); ++c)
    if (std::ranges::any_of(batch.range, [&](const SlabRange& range) {
          return chunks_[c].first_slab < range.first + range.count &&
                 range.first < chunks_[c].end_slab;
        }))
      found.push_back(c);
  return found;
}

template <class T>
std::size_t PointChunks<T>::pack(std::size_t chunk, char* to) const {
  return for_arrays(chunks_[chunk], [&](const auto& array, auto, const Range& range,
                                        std::size_t offset) {
    std::ranges::copy(std::as_bytes(std::span(array).subspan(range.first, range.end - range.first)),
                      reinterpret_cast<std::byte*>(to + offset));
  });
}

template <class T>
void PointChunks<T>::place(std::size_t chunk, const char* memory, ProgramView<T>& program) const {
  for_arrays(chunks_[chunk], [&](const auto& array, auto member, const Range&, std::size_t offset) {
    program.plan.*member = reinterpret_cast<decltype(array.data())>(memory + offset);
  });
  program.first_slab = chunks_[chunk].first_slab;
  program.end_slab = chunks_[chunk].end_slab;
}

template class PointChunks<float>;
template class PointChunks<double>;

}  // namespace nnpoisson::kernels
