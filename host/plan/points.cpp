#include "plan/points.hpp"

#include <algorithm>
#include <span>

namespace nnpoisson {
namespace {

/// `entries` in PointOrder.
bool sharing_pays(const std::vector<Entry>& entries, const MergeRule& rule) {
  std::uint32_t last_column = 0;
  for (const auto& entry : entries) last_column = std::max(last_column, entry.column);

  // Points are numbered from 1; for each column the last one that had it, 0 for none yet.
  std::vector<std::size_t> last_point(last_column + 1, 0);
  std::size_t shared = 0, separate = 0, columns = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !rule.same_point(entries[i - 1], entries[i])) ++shared;
    auto& last = last_point[entries[i].column];
    if (last == 0) ++columns;
    if (last != shared) ++separate;
    last = shared;
  }
  return nnpoisson::sharing_pays(shared, separate, columns);
}

/// Sorted entries and where their points begin.
struct SortedPoints {
  const std::vector<Entry>& entries;
  std::vector<std::size_t> starts;  ///< of each point in `entries`, and one past the end

  [[nodiscard]] std::size_t count() const { return starts.size() - 1; }
  [[nodiscard]] std::span<const Entry> point(std::size_t p) const {
    return std::span(entries).subspan(starts[p], starts[p + 1] - starts[p]);
  }
  [[nodiscard]] std::uint32_t first_column(std::size_t p) const {
    return entries[starts[p]].column;
  }
  /// Those of the points [first, end), ascending, each once.
  [[nodiscard]] std::vector<std::uint32_t> columns(std::size_t first, std::size_t end) const {
    std::vector<std::uint32_t> columns;
    for (std::size_t i = starts[first]; i < starts[end]; ++i) columns.push_back(entries[i].column);
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    return columns;
  }
};

/// Adds the points [first, end) to a piece, as one tile.
void add_tile(PlanPiece& piece, const MergeRule& rule, const SortedPoints& points,
              std::size_t first, std::size_t end) {
  const auto columns = points.columns(first, end);
  const Tile tile{rule.term,
                  rule.reading,
                  static_cast<std::uint32_t>(end - first),
                  piece.time.size(),
                  piece.weight.size(),
                  piece.interval.size(),
                  static_cast<std::uint32_t>(piece.column.size()),
                  static_cast<std::uint32_t>(columns.size())};
  piece.column.insert(piece.column.end(), columns.begin(), columns.end());
  piece.weight.resize(piece.weight.size() + columns.size() * tile.count, 0.0);

  for (std::size_t p = first; p < end; ++p) {
    const auto entries = points.point(p);
    for (const Entry& entry : entries) {
      const auto column = static_cast<std::size_t>(
          std::lower_bound(columns.begin(), columns.end(), entry.column) - columns.begin());
      piece.weight[tile.first_weight + column * tile.count + (p - first)] += entry.weight;
    }

    const auto merged = rule.merged(entries.data(), entries.data() + entries.size());
    piece.square_spread += merged.square_spread;
    piece.time.push_back(merged.time);
    piece.stimulus.push_back(entries.front().stimulus);
    if (rule.reading == Reading::interval)
      piece.interval.push_back(rule.interval(merged.time, entries.front().scale));
  }
  piece.tiles.push_back(tile);
}

}  // namespace

void HostPointMerger::merge(PlanPiece& piece, const MergeRule& rule,
                            std::vector<Entry>& entries) const {
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end(), PointOrder{});
  const bool shared = sharing_pays(entries, rule);
  if (!shared) std::stable_sort(entries.begin(), entries.end(), ColumnOrder{});

  SortedPoints points{entries, {}};
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (i == 0 || rule.begins_point(entries[i - 1], entries[i], shared)) points.starts.push_back(i);
  points.starts.push_back(entries.size());

  // Columns that do not share their points have tiles of their own.
  for (std::size_t first = 0; first < points.count();) {
    std::size_t end = first + 1;
    while (end < points.count() && end - first < tile_points &&
           (shared || points.first_column(end) == points.first_column(first)))
      ++end;
    add_tile(piece, rule, points, first, end);
    first = end;
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
