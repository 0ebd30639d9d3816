#pragma once

#include <cstdint>
#include <vector>

#include "engine/simd/neurons/jobs.hpp"
#include "nnpoisson/neuron_plan.hpp"

namespace nnpoisson {

/// Some rows of a batch of the plan, with the points that they need, in the kernels' number type.
template <class T>
struct PackedNeuronRows {
  std::vector<std::uint32_t> value_first{0}, rate_first{0}, difference_first{0}, difference;
  std::vector<T> value_time, rate_time, floor;
  std::vector<simd::NeuronTile> tiles;
  std::vector<std::uint32_t> tile_first{0};

  /// Those of the next stimulus, s, that are kept; [rows of the batch]. Their places among the
  /// stimulus' rows here go to `place`, [rows of the batch].
  void add(const NeuronBatch& batch, std::size_t s, const std::vector<char>& kept,
           std::vector<std::uint32_t>& place);

  /// `first_tile`: where the tiles lie in g_h3.
  [[nodiscard]] simd::NeuronRows<T> bound(std::size_t first_tile) const;
  [[nodiscard]] std::uint32_t row_first(std::size_t s) const {
    return rate_first[s] + difference_first[s];
  }
  [[nodiscard]] std::size_t rows() const { return floor.size(); }

 private:
  void cut_tiles(std::uint32_t s, std::uint32_t first, std::uint32_t end, bool rate);
};

extern template struct PackedNeuronRows<float>;
extern template struct PackedNeuronRows<double>;

}  // namespace nnpoisson
