#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "nnpoisson/formulas/elementary.hpp"
#include "nnpoisson/plan.hpp"

/// What decides which entries become one point: the same on the host and on a device.
namespace nnpoisson {

/// One weight of one column at one time of one stimulus, before merging.
struct Entry {
  double time;  ///< the network's time, s
  double weight;
  double scale;  ///< kappa of the trial; tells intervals apart
  std::uint32_t stimulus;
  std::uint32_t column;
};

/// The order in which entries are merged and their weights summed. Entries that it does not tell
/// apart are equal.
struct PointOrder {
  NNP_FORMULA bool operator()(const Entry& a, const Entry& b) const {
    if (a.stimulus != b.stimulus) return a.stimulus < b.stimulus;
    if (a.time != b.time) return a.time < b.time;
    if (a.scale != b.scale) return a.scale < b.scale;
    if (a.column != b.column) return a.column < b.column;
    return a.weight < b.weight;
  }
};
struct ColumnOrder {
  NNP_FORMULA bool operator()(const Entry& a, const Entry& b) const { return a.column < b.column; }
};

/// Which entries become one point, and what the points of a tile are.
struct MergeRule {
  Term term;
  Reading reading;
  /// s. 0: entries of equal stimulus, time and scale become one point. Else those of one stimulus
  /// whose times lie in one cell of this length do, at their weighted mean time.
  double cell;
  double bin_width;  ///< of Reading::interval, s of recording time
  double eps;        ///< Hz, added to every intensity

  NNP_FORMULA bool same_point(const Entry& a, const Entry& b) const {
    if (a.stimulus != b.stimulus) return false;
    return cell > 0 ? std::floor(a.time / cell) == std::floor(b.time / cell)
                    : a.time == b.time && a.scale == b.scale;
  }

  /// Whether `entry` begins a new point after `before`; `shared`: a point may have entries of
  /// several columns.
  NNP_FORMULA bool begins_point(const Entry& before, const Entry& entry, bool shared) const {
    return !same_point(before, entry) || (!shared && before.column != entry.column);
  }

  struct Merged {
    double time;
    double square_spread;  ///< sum of weight * (time - the point's)^2
  };
  /// The point of entries [first, end), in PointOrder.
  NNP_FORMULA Merged merged(const Entry* first, const Entry* end) const {
    if (!(cell > 0)) return {first->time, 0};
    const double lowest = first->time;
    double total = 0, moment = 0, spread = 0;
    for (const Entry* e = first; e != end; ++e) {
      total += e->weight;
      moment += e->weight * (e->time - lowest);
    }

    const double mean = lowest + moment / total;
    for (const Entry* e = first; e != end; ++e)
      spread += e->weight * (e->time - mean) * (e->time - mean);
    return {mean, spread};
  }

  NNP_FORMULA Plan::Interval interval(double time, double scale) const {
    return {time + scale * bin_width, 1 / scale, eps * bin_width};
  }
};

/// Whether points shared by `columns` columns are cheaper than a list of points for each column.
inline bool sharing_pays(std::size_t shared_points, std::size_t separate_points,
                         std::size_t columns) {
  // Beside the trunk that all columns share; measured on the CPU backend at the paper's widths.
  constexpr double column_cost = 0.1;
  return static_cast<double>(shared_points) * (1 + column_cost * static_cast<double>(columns)) <=
         static_cast<double>(separate_points) * (1 + column_cost);
}

}  // namespace nnpoisson
