#pragma once

#include <cstdint>
#include <vector>

#include "nnpoisson/plan.hpp"

namespace nnpoisson {

/// One weight of one column at one time of one stimulus, before merging.
struct Entry {
  double time;  ///< the network's time, s
  double weight;
  double scale;  ///< kappa of the trial; tells intervals apart
  std::uint32_t stimulus;
  std::uint32_t column;
};

/// Merges entries into points and cuts them into tiles appended to a piece of a plan.
struct PlanPiece {
  std::vector<double> time;
  std::vector<std::uint32_t> stimulus;
  std::vector<double> weight;
  std::vector<Plan::Interval> interval;
  std::vector<std::uint32_t> column;
  std::vector<Tile> tiles;
  double square_spread = 0;  ///< sum over the merged weights of (time - point's time)^2

  /// Equal (stimulus, time, scale) become one point; with `cell` > 0 all of one stimulus and one cell of that width do, at their
  /// weighted mean time. `bin_width`: width of Reading::interval entries, s of recording time. `eps`: Hz.
  void add(Term term, Reading reading, std::vector<Entry>& entries, double cell, double bin_width, double eps);
};

/// Moves a piece to the end of a plan; returns the numbers its tiles got.
TileRange append(Plan& plan, PlanPiece&& piece);

}  // namespace nnpoisson
