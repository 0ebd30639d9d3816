#include "engine/tiles.hpp"

#include <algorithm>
#include <span>

#include "engine/batch_terms.hpp"

namespace nnpoisson {
namespace {

/// The distinct stimuli of a tile, ascending as its points are.
std::vector<std::uint32_t> stimuli_of(const Plan& plan, const Tile& tile) {
  const auto points = std::span(plan.stimulus).subspan(tile.first_point, tile.count);
  std::vector<std::uint32_t> stimuli;
  std::ranges::unique_copy(points, std::back_inserter(stimuli));
  return stimuli;
}

/// Lists for each stimulus of a batch the stimulus rows that its tiles leave, in tile order.
void list_sources(BatchTiles& batch, const Plan& plan,
                  const std::vector<std::vector<std::uint32_t>>& tile_stimuli) {
  for (const BatchTile& t : batch.tiles)
    batch.stimuli.insert(batch.stimuli.end(), tile_stimuli[t.tile].begin(),
                         tile_stimuli[t.tile].end());
  std::ranges::sort(batch.stimuli);
  const auto [unused, end] = std::ranges::unique(batch.stimuli);
  batch.stimuli.erase(unused, end);
  const auto place_of = [&](std::uint32_t stimulus) {
    return static_cast<std::size_t>(std::ranges::lower_bound(batch.stimuli, stimulus) -
                                    batch.stimuli.begin());
  };

  // How many rows each stimulus has, summed up to where its list begins.
  batch.source_first.assign(batch.stimuli.size() + 1, 0);
  for (const BatchTile& t : batch.tiles)
    for (const auto stimulus : tile_stimuli[t.tile]) ++batch.source_first[place_of(stimulus) + 1];
  for (std::size_t i = 1; i < batch.source_first.size(); ++i)
    batch.source_first[i] += batch.source_first[i - 1];

  batch.sources.resize(batch.stimulus_rows);
  auto next = batch.source_first;
  for (const BatchTile& t : batch.tiles) {
    const std::uint32_t mark = plan.tiles[t.tile].term == Term::behaviour ? behaviour_source : 0;
    std::uint32_t row = t.stimulus_row;
    for (const auto stimulus : tile_stimuli[t.tile])
      batch.sources[next[place_of(stimulus)]++] = row++ | mark;
  }
}

}  // namespace

template <class T>
PackedPlan<T>::PackedPlan(const Plan& plan, const formulas::NetworkSizes& sizes)
    : tiles_(&plan.tiles),
      columns_(&plan.column),
      features_(static_cast<std::size_t>(plan.features)),
      stimuli_(plan.stimuli.begin(), plan.stimuli.end()) {
  std::size_t points = 0, weights = 0, intervals = 0;
  for (const Tile& tile : plan.tiles) {
    const int stride = simd::padded(static_cast<int>(tile.count));
    places_.push_back({points, weights, intervals, stride});
    points += static_cast<std::size_t>(stride);
    weights += static_cast<std::size_t>(stride) * tile.columns;
    if (tile.reading == Reading::interval) intervals += static_cast<std::size_t>(stride);
  }
  time_.resize(points);
  stimulus_.resize(points);
  weight_.resize(weights);
  for (auto* v : {&end_, &inverse_scale_, &floor_}) v->resize(intervals);
  for (std::size_t t = 0; t < plan.tiles.size(); ++t) pack(plan, plan.tiles[t], places_[t]);

  std::vector<std::vector<std::uint32_t>> tile_stimuli;
  for (const Tile& tile : plan.tiles) tile_stimuli.push_back(stimuli_of(plan, tile));
  for (const Batch& batch : plan.batches) {
    BatchTiles tiles;
    for (const auto& range : {batch.tiles[1], batch.tiles[0]})
      for (auto t = range.first; t < range.end; ++t) {
        tiles.tiles.push_back({t, tiles.rows_size, tiles.stimulus_rows});
        const Tile& tile = plan.tiles[t];
        tiles.rows_size += static_cast<std::uint32_t>(
            simd::padded(simd::tile_row(sizes, tile.term, static_cast<int>(tile.columns)).size));
        tiles.stimulus_rows += static_cast<std::uint32_t>(tile_stimuli[t].size());
      }
    list_sources(tiles, plan, tile_stimuli);
    batches_.push_back(std::move(tiles));
  }
}

/// Padding repeats the last point, with weight 0.
template <class T>
void PackedPlan<T>::pack(const Plan& plan, const Tile& tile, const Place& place) {
  const auto stride = static_cast<std::size_t>(place.stride);
  for (std::size_t p = 0; p < stride; ++p) {
    const std::size_t point = std::min<std::size_t>(p, tile.count - 1);
    time_[place.points + p] = static_cast<T>(plan.time[tile.first_point + point]);
    stimulus_[place.points + p] = plan.stimulus[tile.first_point + point];
    if (tile.reading != Reading::interval) continue;

    const auto& interval = plan.interval[tile.first_interval + point];
    end_[place.intervals + p] = static_cast<T>(interval.end);
    inverse_scale_[place.intervals + p] = static_cast<T>(interval.inverse_scale);
    floor_[place.intervals + p] = static_cast<T>(interval.floor);
  }

  for (std::size_t c = 0; c < tile.columns; ++c)
    for (std::size_t p = 0; p < tile.count; ++p)
      weight_[place.weights + c * stride + p] =
          static_cast<T>(plan.weight[tile.first_weight + c * tile.count + p]);
}

template <class T>
simd::TileView<T> PackedPlan<T>::view(std::uint32_t number) const {
  const Tile& tile = (*tiles_)[number];
  const Place& place = places_[number];
  return {tile.term,
          tile.reading,
          static_cast<int>(tile.count),
          place.stride,
          static_cast<int>(tile.columns),
          time_.data() + place.points,
          stimulus_.data() + place.points,
          weight_.data() + place.weights,
          end_.data() + place.intervals,
          inverse_scale_.data() + place.intervals,
          floor_.data() + place.intervals,
          columns_->data() + tile.first_column};
}

template class PackedPlan<float>;
template class PackedPlan<double>;

}  // namespace nnpoisson
