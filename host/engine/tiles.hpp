#pragma once

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "engine/simd/kernels.hpp"
#include "nnpoisson/plan.hpp"

namespace nnpoisson {

/// Memory on a cache line's boundary, as packs are loaded from; much of it on huge pages, where the
/// system has them.
template <class T>
struct CacheAligned {
  using value_type = T;
  CacheAligned() = default;
  template <class U>
  explicit CacheAligned(const CacheAligned<U>&) {}
  T* allocate(std::size_t n) {
    void* p = ::operator new(n * sizeof(T), boundary(n));
#if defined(__linux__)
    if (boundary(n) == huge_page) madvise(p, n * sizeof(T), MADV_HUGEPAGE);  // or else goes without
#endif
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t n) {
    ::operator delete(p, boundary(n));
  }
  bool operator==(const CacheAligned&) const {
    return true;
  }

 private:
  static constexpr std::align_val_t huge_page{std::size_t{1} << 21};
  static std::align_val_t boundary(std::size_t n) {
    return n * sizeof(T) < std::size_t(huge_page) ? std::align_val_t(64) : huge_page;
  }
};
template <class T>
using AlignedVector = std::vector<T, CacheAligned<T>>;

/// One of the tiles of a batch, and where the step's buffers take its results.
struct BatchTile {
  std::uint32_t tile = 0;
  std::uint32_t row = 0;           ///< first number of its gradient row
  std::uint32_t stimulus_row = 0;  ///< first of its stimulus rows
};

/// What a step over one batch needs to know beside its tiles.
struct BatchTiles {
  /// The costly behaviour tiles first, so that the team ends together.
  std::vector<BatchTile> tiles;
  std::uint32_t rows_size = 0, stimulus_rows = 0;
  std::vector<std::uint32_t> stimuli;       ///< distinct, ascending
  std::vector<std::uint32_t> source_first;  ///< [stimuli + 1] into sources
  std::vector<std::uint32_t> sources;       ///< stimulus rows to add up, marked by behaviour_source
};

/// A plan in a backend's number type, padded for packs.
template <class T>
class PackedPlan {
 public:
  PackedPlan(const Plan& plan, const formulas::NetworkSizes& sizes);

  [[nodiscard]] simd::TileView<T> view(std::uint32_t tile) const;
  [[nodiscard]] const BatchTiles& batch(std::uint32_t number) const { return batches_[number]; }
  [[nodiscard]] std::size_t batches() const { return batches_.size(); }
  [[nodiscard]] const T* stimulus(std::uint32_t number) const {
    return stimuli_.data() + std::size_t{number} * features_;
  }

 private:
  struct Place {
    std::size_t points, weights, intervals;
    int stride;
  };
  void pack(const Plan& plan, const Tile& tile, const Place& place);

  const std::vector<Tile>* tiles_;
  const std::vector<std::uint32_t>* columns_;
  std::size_t features_;
  std::vector<Place> places_;
  AlignedVector<T> time_, weight_, end_, inverse_scale_, floor_, stimuli_;
  AlignedVector<std::uint32_t> stimulus_;
  std::vector<BatchTiles> batches_;
};

}  // namespace nnpoisson
