#include "plan/points.hpp"

#include <algorithm>

namespace nnpoisson {
namespace {

/// `entries` in PointOrder.
bool sharing_pays(const std::vector<Entry>& entries, const MergeRule& rule) {
  std::uint32_t last_column = 0;
  for (const auto& e : entries) last_column = std::max(last_column, e.column);
  std::vector<std::size_t> seen_at(last_column + 1,
                                   0);  // number of the point that last had this column
  std::size_t shared = 0, separate = 0, columns = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !rule.same_point(entries[i - 1], entries[i])) ++shared;
    auto& seen = seen_at[entries[i].column];
    if (seen == 0) ++columns;
    if (seen != shared) ++separate;
    seen = shared;
  }
  return nnpoisson::sharing_pays(shared, separate, columns);
}

}  // namespace

void HostPointMerger::merge(PlanPiece& piece, const MergeRule& rule,
                            std::vector<Entry>& entries) const {
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end(), PointOrder{});
  const bool shared = sharing_pays(entries, rule);
  if (!shared) std::stable_sort(entries.begin(), entries.end(), ColumnOrder{});

  std::vector<std::size_t> starts;  // of each point in `entries`, and one past the end
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (i == 0 || rule.begins_point(entries[i - 1], entries[i], shared)) starts.push_back(i);
  const std::size_t points = starts.size();
  starts.push_back(entries.size());

  std::vector<std::uint32_t> columns;
  for (std::size_t p = 0; p < points;) {
    std::size_t end = p + 1;
    const auto column_of = [&](std::size_t point) { return entries[starts[point]].column; };
    while (end < points && end - p < tile_points && (shared || column_of(end) == column_of(p)))
      ++end;

    Tile tile{rule.term,
              rule.reading,
              static_cast<std::uint32_t>(end - p),
              piece.time.size(),
              piece.weight.size(),
              piece.interval.size(),
              static_cast<std::uint32_t>(piece.column.size()),
              0};
    columns.clear();
    for (std::size_t i = starts[p]; i < starts[end]; ++i) columns.push_back(entries[i].column);
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    tile.columns = static_cast<std::uint32_t>(columns.size());
    piece.column.insert(piece.column.end(), columns.begin(), columns.end());
    piece.weight.resize(piece.weight.size() + columns.size() * (end - p), 0.0);

    for (std::size_t q = p; q < end; ++q) {
      const Entry* first = entries.data() + starts[q];
      const Entry* last = entries.data() + starts[q + 1];
      for (const Entry* e = first; e != last; ++e) {
        const auto c = static_cast<std::size_t>(
            std::lower_bound(columns.begin(), columns.end(), e->column) - columns.begin());
        piece.weight[tile.first_weight + c * tile.count + (q - p)] += e->weight;
      }
      const auto point = rule.merged(first, last);
      piece.square_spread += point.square_spread;
      piece.time.push_back(point.time);
      piece.stimulus.push_back(first->stimulus);
      if (rule.reading == Reading::interval)
        piece.interval.push_back(rule.interval(point.time, first->scale));
    }
    piece.tiles.push_back(tile);
    p = end;
  }
}

TileRange append(Plan& plan, PlanPiece&& piece) {
  const TileRange range{static_cast<std::uint32_t>(plan.tiles.size()),
                        static_cast<std::uint32_t>(plan.tiles.size() + piece.tiles.size())};
  for (auto tile : piece.tiles) {
    tile.first_point += plan.time.size();
    tile.first_weight += plan.weight.size();
    tile.first_interval += plan.interval.size();
    tile.first_column += static_cast<std::uint32_t>(plan.column.size());
    plan.tiles.push_back(tile);
  }
  const auto move_to = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  move_to(plan.time, piece.time);
  move_to(plan.stimulus, piece.stimulus);
  move_to(plan.weight, piece.weight);
  move_to(plan.interval, piece.interval);
  move_to(plan.column, piece.column);
  plan.mean_square_spread += piece.square_spread;  // make_plan divides by the spikes at the end
  return range;
}

}  // namespace nnpoisson
