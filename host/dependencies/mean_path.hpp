#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "nnpoisson/curves.hpp"

namespace nnpoisson {

/// Means over trials of z on a fine grid, between whose points it is the cubic through both ends
/// with the slopes there.
class MeanPath {
 public:
  static constexpr std::size_t cells = 256;
  MeanPath(std::size_t regions, double limit)
      : regions_(regions), width_(limit / cells), states_((cells + 1) * regions) {}

  [[nodiscard]] double time(std::size_t k) const { return width_ * static_cast<double>(k); }

  /// `path`: [cells + 1 x regions].
  void add(std::span<const RegionState> path, double weight) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      states_[i].z += weight * path[i].z;
      states_[i].dz += weight * path[i].dz;
    }
  }

  [[nodiscard]] RegionState at(std::size_t g, double time) const {
    const auto k = std::min(cells - 1, static_cast<std::size_t>(time / width_));
    const RegionState start = states_[k * regions_ + g], end = states_[(k + 1) * regions_ + g];
    const double u = time / width_ - static_cast<double>(k), v = 1 - u, rise = end.z - start.z;
    return {start.z + u * u * (3 - 2 * u) * rise + u * v * width_ * (v * start.dz - u * end.dz),
            6 * u * v * rise / width_ + v * (1 - 3 * u) * start.dz + u * (3 * u - 2) * end.dz};
  }

  /// Over time.
  [[nodiscard]] double mean(std::size_t g) const {
    double sum = 0;
    for (std::size_t k = 0; k < cells; ++k) {
      const RegionState start = states_[k * regions_ + g], end = states_[(k + 1) * regions_ + g];
      sum += (start.z + end.z) / 2 + width_ * (start.dz - end.dz) / 12;
    }
    return sum / cells;
  }

 private:
  std::size_t regions_;
  double width_;
  std::vector<RegionState> states_;  // [cells + 1 x regions]
};

}  // namespace nnpoisson
