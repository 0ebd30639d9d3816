#include "plan/points.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nnpoisson {
namespace {

/// What a column costs a point beside the trunk that all its columns share (measured on the CPU backend at the paper's widths).
constexpr double column_cost = 0.1;

struct Merge {
  double cell;
  [[nodiscard]] double key(const Entry& e) const { return cell > 0 ? std::floor(e.time / cell) : e.time; }
  [[nodiscard]] bool same_point(const Entry& a, const Entry& b) const {
    return a.stimulus == b.stimulus && key(a) == key(b) && (cell > 0 || a.scale == b.scale);
  }
};

void sort_by_point(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.stimulus, a.time, a.scale, a.column) < std::tie(b.stimulus, b.time, b.scale, b.column);
  });
}

/// Whether points shared by columns are cheaper than a list of points for each column. `entries` sorted by point.
bool sharing_pays(const std::vector<Entry>& entries, Merge merge) {
  std::uint32_t last_column = 0;
  for (const auto& e : entries) last_column = std::max(last_column, e.column);
  std::vector<std::size_t> seen_at(last_column + 1, 0);  // number of the point that last had this column
  double shared = 0, separate = 0, columns = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !merge.same_point(entries[i - 1], entries[i])) ++shared;
    auto& seen = seen_at[entries[i].column];
    if (seen == 0) ++columns;
    if (seen != static_cast<std::size_t>(shared)) ++separate;
    seen = static_cast<std::size_t>(shared);
  }
  return shared * (1 + column_cost * columns) <= separate * (1 + column_cost);
}

}  // namespace

void PlanPiece::add(Term term, Reading reading, std::vector<Entry>& entries, double cell, double bin_width, double eps) {
  if (entries.empty()) return;
  const Merge merge{cell};
  sort_by_point(entries);
  const bool shared = sharing_pays(entries, merge);
  if (!shared) std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.column < b.column; });
  const auto new_point = [&](const Entry& a, const Entry& b) { return !merge.same_point(a, b) || (!shared && a.column != b.column); };

  std::vector<std::size_t> starts;  // of each point in `entries`, and one past the end
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (i == 0 || new_point(entries[i - 1], entries[i])) starts.push_back(i);
  const std::size_t points = starts.size();
  starts.push_back(entries.size());

  std::vector<std::uint32_t> columns;
  for (std::size_t p = 0; p < points;) {
    std::size_t end = p + 1;
    const auto column_of = [&](std::size_t point) { return entries[starts[point]].column; };
    while (end < points && end - p < tile_points && (shared || column_of(end) == column_of(p))) ++end;

    Tile tile{term,          reading,         static_cast<std::uint32_t>(end - p),       time.size(),
              weight.size(), interval.size(), static_cast<std::uint32_t>(column.size()), 0};
    columns.clear();
    for (std::size_t i = starts[p]; i < starts[end]; ++i) columns.push_back(entries[i].column);
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    tile.columns = static_cast<std::uint32_t>(columns.size());
    column.insert(column.end(), columns.begin(), columns.end());
    weight.resize(weight.size() + columns.size() * (end - p), 0.0);

    for (std::size_t q = p; q < end; ++q) {
      double total = 0, moment = 0, lowest = entries[starts[q]].time;
      for (std::size_t i = starts[q]; i < starts[q + 1]; ++i) {
        const auto& e = entries[i];
        const auto c = static_cast<std::size_t>(std::lower_bound(columns.begin(), columns.end(), e.column) - columns.begin());
        weight[tile.first_weight + c * tile.count + (q - p)] += e.weight;
        total += e.weight;
        moment += e.weight * (e.time - lowest);
      }
      const double mean = cell > 0 ? lowest + moment / total : lowest;
      if (cell > 0)
        for (std::size_t i = starts[q]; i < starts[q + 1]; ++i)
          square_spread += entries[i].weight * (entries[i].time - mean) * (entries[i].time - mean);
      time.push_back(mean);
      stimulus.push_back(entries[starts[q]].stimulus);
      if (reading == Reading::interval) {
        const double kappa = entries[starts[q]].scale;
        interval.push_back({mean + kappa * bin_width, 1 / kappa, eps * bin_width});
      }
    }
    tiles.push_back(tile);
    p = end;
  }
}

TileRange append(Plan& plan, PlanPiece&& piece) {
  const TileRange range{static_cast<std::uint32_t>(plan.tiles.size()), static_cast<std::uint32_t>(plan.tiles.size() + piece.tiles.size())};
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
