#pragma once

#include <thrust/binary_search.h>
#include <thrust/copy.h>
#include <thrust/device_vector.h>
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#include <thrust/transform.h>
#include <thrust/transform_scan.h>
#include <thrust/unique.h>

#include <vector>

#include "plan/points.hpp"

/// Entries merged into points and cut into tiles by sorts and scans of Thrust, wherever `Policy`
/// runs them. Equal to HostPointMerger to the bit: entries are put in the same total order, and a
/// point's weights are summed by one thread, in that order.
namespace nnpoisson::kernels {

template <class T>
using Array = thrust::device_vector<T>;
template <class T>
T* begin_of(Array<T>& array) {
  return thrust::raw_pointer_cast(array.data());
}
using Counting = thrust::counting_iterator<std::uint32_t>;

/// Where entries or points begin: i for which `begins(i)`, and n at the end.
template <class Policy, class Begins>
Array<std::uint32_t> places(const Policy& on, std::uint32_t n, const Begins& begins) {
  Array<std::uint32_t> found(n + 1);
  const auto end = thrust::copy_if(on, Counting(0), Counting(n), found.begin(), begins);
  *end = n;
  found.resize(static_cast<std::size_t>(end - found.begin()) + 1);
  return found;
}

/// For each i < n the number of the group it is in, from 1; a group begins where `begins(i)`.
template <class Policy, class Begins>
Array<std::uint32_t> groups(const Policy& on, std::uint32_t n, const Begins& begins) {
  Array<std::uint32_t> group(n);
  thrust::transform_inclusive_scan(on, Counting(0), Counting(n), group.begin(), begins,
                                   thrust::plus<std::uint32_t>());
  return group;
}

/// The function objects of the algorithms below.
struct PointBegins {
  const Entry* entry;
  MergeRule rule;
  bool shared;  ///< by columns
  NNP_FORMULA std::uint32_t operator()(std::uint32_t i) const {
    return i == 0 || rule.begins_point(entry[i - 1], entry[i], shared);
  }
};
/// p where a point's column begins and points are not shared; else 0.
struct ColumnBegin {
  const Entry* entry;
  const std::uint32_t* start;
  bool shared;
  NNP_FORMULA std::uint32_t operator()(std::uint32_t p) const {
    return shared || p == 0 || entry[start[p - 1]].column == entry[start[p]].column ? 0 : p;
  }
};
struct TileBegins {
  const std::uint32_t* run;
  NNP_FORMULA std::uint32_t operator()(std::uint32_t p) const {
    return (p - run[p]) % tile_points == 0;
  }
};
struct TileOfPoint {
  const std::uint32_t* tile;
  NNP_FORMULA std::uint32_t operator()(std::uint32_t point) const { return tile[point - 1]; }
};
struct GroupAndColumn {
  NNP_FORMULA std::uint64_t operator()(const Entry& e, std::uint32_t group) const {
    return std::uint64_t{group} << 32 | e.column;
  }
};
struct GroupBegin {
  NNP_FORMULA std::uint64_t operator()(std::uint32_t group) const {
    return std::uint64_t{group} << 32;
  }
};
struct ColumnAlone {
  NNP_FORMULA std::uint32_t operator()(std::uint64_t pair) const {
    return static_cast<std::uint32_t>(pair);
  }
};
struct WeightsOfTile {
  const std::uint32_t *first_column, *start;
  std::uint32_t tiles;
  NNP_FORMULA std::uint64_t operator()(std::uint32_t t) const {
    return t == tiles
               ? 0
               : std::uint64_t{first_column[t + 1] - first_column[t]} * (start[t + 1] - start[t]);
  }
};

/// Leaves the point p.
struct FillPoint {
  const Entry* entry;
  MergeRule rule;
  const std::uint32_t *start, *tile_of_point, *tile_start, *first_column;
  const std::uint64_t *column, *first_weight;
  double *weight, *time, *spread;
  std::uint32_t* stimulus;
  Plan::Interval* interval;

  NNP_FORMULA void operator()(std::uint32_t p) const {
    const std::uint32_t t = tile_of_point[p] - 1, count = tile_start[t + 1] - tile_start[t];
    const Entry *first = entry + start[p], *end = entry + start[p + 1];
    for (const Entry* e = first; e != end; ++e)
      weight[first_weight[t] + std::uint64_t{place(t, e->column)} * count + (p - tile_start[t])] +=
          e->weight;
    const auto point = rule.merged(first, end);
    time[p] = point.time;
    stimulus[p] = first->stimulus;
    if (rule.cell > 0) spread[p] = point.square_spread;
    if (rule.reading == Reading::interval) interval[p] = rule.interval(point.time, first->scale);
  }

 private:
  /// Of a column among those of tile t.
  NNP_FORMULA std::uint32_t place(std::uint32_t t, std::uint32_t wanted) const {
    std::uint32_t low = first_column[t], high = first_column[t + 1];
    while (low + 1 < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      (static_cast<std::uint32_t>(column[middle]) <= wanted ? low : high) = middle;
    }
    return low - first_column[t];
  }
};

/// The distinct pairs (group, column) of the entries, ascending.
template <class Policy>
Array<std::uint64_t> columns_of_groups(const Policy& on, const Array<Entry>& entries,
                                       const Array<std::uint32_t>& group) {
  Array<std::uint64_t> pairs(entries.size());
  thrust::transform(on, entries.begin(), entries.end(), group.begin(), pairs.begin(),
                    GroupAndColumn{});
  thrust::sort(on, pairs.begin(), pairs.end());
  pairs.resize(
      static_cast<std::size_t>(thrust::unique(on, pairs.begin(), pairs.end()) - pairs.begin()));
  return pairs;
}

template <class Policy>
bool sharing_pays(const Policy& on, Array<Entry>& entries, const MergeRule& rule) {
  auto point = groups(on, static_cast<std::uint32_t>(entries.size()),
                      PointBegins{begin_of(entries), rule, true});
  const std::uint32_t shared = point.back();
  const std::size_t separate = columns_of_groups(on, entries, point).size();
  thrust::fill(on, point.begin(), point.end(), 0U);
  return nnpoisson::sharing_pays(shared, separate, columns_of_groups(on, entries, point).size());
}

template <class T>
void append(std::vector<T>& to, const Array<T>& from) {
  const std::size_t before = to.size();
  to.resize(before + from.size());
  thrust::copy(from.begin(), from.end(), to.begin() + static_cast<std::ptrdiff_t>(before));
}

/// How points are cut into tiles: all of them in their order, or those of one column after those of
/// another. Tiles count from 1 in `of_point`.
struct TileCut {
  Array<std::uint32_t> start;     ///< [tiles + 1] points
  Array<std::uint32_t> of_point;  ///< [points]
  [[nodiscard]] std::uint32_t tiles() const { return static_cast<std::uint32_t>(start.size() - 1); }
};
/// starts: [points + 1] entries.
template <class Policy>
TileCut cut_tiles(const Policy& on, Array<Entry>& entries, Array<std::uint32_t>& starts,
                  bool shared) {
  const auto points = static_cast<std::uint32_t>(starts.size() - 1);
  Array<std::uint32_t> runs(points);
  thrust::transform_inclusive_scan(on, Counting(0), Counting(points), runs.begin(),
                                   ColumnBegin{begin_of(entries), begin_of(starts), shared},
                                   thrust::maximum<std::uint32_t>());
  const TileBegins begins{begin_of(runs)};
  return {places(on, points, begins), groups(on, points, begins)};
}

/// The columns of each tile, and from them where its weights lie.
struct TileColumns {
  Array<std::uint64_t> pairs;          ///< of tile and column, ascending
  Array<std::uint32_t> first;          ///< [tiles + 1] into pairs
  Array<std::uint64_t> first_weights;  ///< [tiles + 1]
};
template <class Policy>
TileColumns columns_of_tiles(const Policy& on, const Array<Entry>& entries,
                             const PointBegins& point_begins, TileCut& cut) {
  const std::uint32_t tiles = cut.tiles();
  auto tile = groups(on, static_cast<std::uint32_t>(entries.size()), point_begins);
  thrust::transform(on, tile.begin(), tile.end(), tile.begin(),
                    TileOfPoint{begin_of(cut.of_point)});

  TileColumns columns{columns_of_groups(on, entries, tile), Array<std::uint32_t>(tiles + 1),
                      Array<std::uint64_t>(tiles + 1)};
  const auto keys = thrust::make_transform_iterator(Counting(1), GroupBegin{});
  thrust::lower_bound(on, columns.pairs.begin(), columns.pairs.end(), keys, keys + tiles + 1,
                      columns.first.begin());
  thrust::transform_exclusive_scan(
      on, Counting(0), Counting(tiles + 1), columns.first_weights.begin(),
      WeightsOfTile{begin_of(columns.first), begin_of(cut.start), tiles}, std::uint64_t{0},
      thrust::plus<std::uint64_t>());
  return columns;
}

/// Tiles at the end of a piece, before their points are there.
inline void append_tiles(PlanPiece& piece, const MergeRule& rule, const TileCut& cut,
                         const TileColumns& columns) {
  std::vector<std::uint32_t> start, first_column;
  std::vector<std::uint64_t> first_weight;
  append(start, cut.start);
  append(first_column, columns.first);
  append(first_weight, columns.first_weights);
  for (std::uint32_t t = 0; t < cut.tiles(); ++t)
    piece.tiles.push_back(
        {rule.term, rule.reading, start[t + 1] - start[t], piece.time.size() + start[t],
         piece.weight.size() + first_weight[t],
         piece.interval.size() + (rule.reading == Reading::interval ? start[t] : 0),
         static_cast<std::uint32_t>(piece.column.size()) + first_column[t],
         first_column[t + 1] - first_column[t]});
}

/// What PointMerger::merge says.
template <class Policy>
void add_points(const Policy& on, PlanPiece& piece, const MergeRule& rule,
                const std::vector<Entry>& given) {
  if (given.empty()) return;
  Array<Entry> entries(given);
  thrust::sort(on, entries.begin(), entries.end(), PointOrder{});
  const bool shared = sharing_pays(on, entries, rule);
  if (!shared) thrust::stable_sort(on, entries.begin(), entries.end(), ColumnOrder{});

  const PointBegins point_begins{begin_of(entries), rule, shared};
  auto starts = places(on, static_cast<std::uint32_t>(given.size()), point_begins);
  const auto points = static_cast<std::uint32_t>(starts.size() - 1);
  TileCut cut = cut_tiles(on, entries, starts, shared);
  TileColumns tile_columns = columns_of_tiles(on, entries, point_begins, cut);

  Array<double> weights(tile_columns.first_weights.back(), 0.0), times(points),
      spreads(rule.cell > 0 ? points : 0);
  Array<std::uint32_t> stimuli(points), columns(tile_columns.pairs.size());
  Array<Plan::Interval> intervals(rule.reading == Reading::interval ? points : 0);
  thrust::for_each_n(
      on, Counting(0), points,
      FillPoint{begin_of(entries), rule, begin_of(starts), begin_of(cut.of_point),
                begin_of(cut.start), begin_of(tile_columns.first), begin_of(tile_columns.pairs),
                begin_of(tile_columns.first_weights), begin_of(weights), begin_of(times),
                begin_of(spreads), begin_of(stimuli), begin_of(intervals)});
  thrust::transform(on, tile_columns.pairs.begin(), tile_columns.pairs.end(), columns.begin(),
                    ColumnAlone{});

  std::vector<double> spread;
  append(spread, spreads);
  for (const double s : spread) piece.square_spread += s;
  append_tiles(piece, rule, cut, tile_columns);
  append(piece.time, times);
  append(piece.stimulus, stimuli);
  append(piece.weight, weights);
  append(piece.interval, intervals);
  append(piece.column, columns);
}

}  // namespace nnpoisson::kernels
