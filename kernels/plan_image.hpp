#pragma once

#include <cstdint>
#include <vector>

#include "kernels/views.hpp"

namespace nnpoisson::kernels {

/// A plan as kernels read it, still in the host's memory: numbers of T, tiles joined to slabs, and
/// for each batch who adds up what.
template <class T>
struct PlanImage {
  using Number = T;
  explicit PlanImage(const Plan& plan);

  std::vector<T> stimuli, time, weight, end, inverse_scale, floor;
  std::vector<std::uint32_t> stimulus, column;
  std::vector<std::uint16_t> rank;
  std::vector<TileSpan> tiles;
  std::vector<Slab> slabs;
  std::vector<BatchView> batches;
  std::vector<std::uint32_t> batch_stimulus, source_first, source, column_first;
  std::vector<ColumnSource> column_source;
  // Of any batch.
  std::uint32_t most_stimuli = 0, most_slabs = 0, most_rows = 0, most_stimulus_rows = 0;

  /// Gives every slab its kernel, its gradient row and the size of its scratch, which depend on the
  /// network. shared_bytes: what a block may have. Neural terms in float are for the kernel that
  /// knows the paper's widths, where the network has them.
  void place_rows(const formulas::NetworkSizes& net, std::uint64_t shared_bytes);
  /// Of the arrays of points.
  [[nodiscard]] std::size_t point_bytes() const;
  /// Lets the arrays of points go.
  void release_points();

 private:
  /// Lists a batch's stimuli, and for each the stimulus rows that its slabs leave.
  void list_stimuli(BatchView& batch, const std::vector<std::vector<std::uint32_t>>& slab_stimuli);
  /// Lists for each column of E the slabs of neural terms that have it.
  void list_columns(BatchView& batch, std::size_t regions);
};

/// Calls `body(array, its pointer in PlanView, what a place in it stands for)` for every array that
/// grows with the points.
enum class PerPoint { point, weight, interval };
template <class Image, class Body>
void for_point_arrays(Image& image, const Body& body) {
  using View = PlanView<typename Image::Number>;
  body(image.time, &View::time, PerPoint::point);
  body(image.stimulus, &View::stimulus, PerPoint::point);
  body(image.rank, &View::rank, PerPoint::point);
  body(image.weight, &View::weight, PerPoint::weight);
  body(image.end, &View::end, PerPoint::interval);
  body(image.inverse_scale, &View::inverse_scale, PerPoint::interval);
  body(image.floor, &View::floor, PerPoint::interval);
}

/// Slabs that a range of tiles is cut into at most; the sums over them are taken one after the
/// other.
inline constexpr std::uint32_t most_slabs_of_range = 1024;

}  // namespace nnpoisson::kernels
