#include "engine/tiles.hpp"

#include <algorithm>

namespace nnpoisson {

template <class T>
PackedPlan<T>::PackedPlan(const Plan& plan, const formulas::Network<T>& net)
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

  std::vector<std::vector<std::uint32_t>> seen(plan.tiles.size());  // distinct stimuli of each tile
  for (std::size_t t = 0; t < plan.tiles.size(); ++t) {
    const Tile& tile = plan.tiles[t];
    const Place& place = places_[t];
    for (std::size_t p = 0; p < static_cast<std::size_t>(place.stride); ++p) {
      const std::size_t from = tile.first_point + std::min<std::size_t>(p, tile.count - 1);
      time_[place.points + p] = static_cast<T>(plan.time[from]);
      stimulus_[place.points + p] = plan.stimulus[from];
      if (seen[t].empty() || seen[t].back() != plan.stimulus[from])
        seen[t].push_back(plan.stimulus[from]);
      if (tile.reading == Reading::interval) {
        const auto& interval =
            plan.interval[tile.first_interval + std::min<std::size_t>(p, tile.count - 1)];
        end_[place.intervals + p] = static_cast<T>(interval.end);
        inverse_scale_[place.intervals + p] = static_cast<T>(interval.inverse_scale);
        floor_[place.intervals + p] = static_cast<T>(interval.floor);
      }
    }
    for (std::size_t c = 0; c < tile.columns; ++c)
      for (std::size_t p = 0; p < tile.count; ++p)
        weight_[place.weights + c * static_cast<std::size_t>(place.stride) + p] =
            static_cast<T>(plan.weight[tile.first_weight + c * tile.count + p]);
  }

  for (const Batch& batch : plan.batches) {
    BatchTiles made;
    for (const auto& range : {batch.tiles[1], batch.tiles[0]})
      for (auto t = range.first; t < range.end; ++t) {
        made.tiles.push_back({t, made.rows_size, made.stimulus_rows});
        const Tile& tile = plan.tiles[t];
        made.rows_size += static_cast<std::uint32_t>(
            simd::padded(simd::tile_row(net, tile.term, static_cast<int>(tile.columns)).size));
        made.stimulus_rows += static_cast<std::uint32_t>(seen[t].size());
        made.stimuli.insert(made.stimuli.end(), seen[t].begin(), seen[t].end());
      }
    std::sort(made.stimuli.begin(), made.stimuli.end());
    made.stimuli.erase(std::unique(made.stimuli.begin(), made.stimuli.end()), made.stimuli.end());
    const auto place_of = [&](std::uint32_t s) {
      return static_cast<std::size_t>(
          std::lower_bound(made.stimuli.begin(), made.stimuli.end(), s) - made.stimuli.begin());
    };
    made.source_first.assign(made.stimuli.size() + 1, 0);
    for (const auto& t : made.tiles)
      for (const auto s : seen[t.tile]) ++made.source_first[place_of(s) + 1];
    for (std::size_t i = 1; i < made.source_first.size(); ++i)
      made.source_first[i] += made.source_first[i - 1];
    made.sources.resize(made.stimulus_rows);
    auto next = made.source_first;
    for (const auto& t : made.tiles)
      for (std::size_t r = 0; r < seen[t.tile].size(); ++r)
        made.sources[next[place_of(seen[t.tile][r])]++] =
            (t.stimulus_row + static_cast<std::uint32_t>(r)) |
            (plan.tiles[t.tile].term == Term::behaviour ? behaviour_source : 0);
    batches_.push_back(std::move(made));
  }
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
