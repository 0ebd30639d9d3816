#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plan/merging.hpp"

namespace nnpoisson {

/// Tiles and their points, on the way into a plan.
struct PlanPiece {
  std::vector<double> time;
  std::vector<std::uint32_t> stimulus;
  std::vector<double> weight;
  std::vector<Plan::Interval> interval;
  std::vector<std::uint32_t> column;
  std::vector<Tile> tiles;
  double square_spread = 0;  ///< sum over the merged weights of (time - point's time)^2
};

/// Merges equal entries into one point each, and cuts the points into tiles at the end of a piece.
/// Every merger gives the same piece, to the bit.
class PointMerger {
 public:
  virtual ~PointMerger() = default;
  /// Leaves `entries` in another order. May be called by several threads.
  virtual void merge(PlanPiece& piece, const MergeRule& rule,
                     std::vector<Entry>& entries) const = 0;
  /// For the log: where it was done.
  [[nodiscard]] virtual std::string description() const = 0;
};

class HostPointMerger final : public PointMerger {
 public:
  void merge(PlanPiece& piece, const MergeRule& rule, std::vector<Entry>& entries) const override;
  [[nodiscard]] std::string description() const override { return "on the host"; }
};

/// Moves a piece to the end of a plan; returns the numbers its tiles got.
TileRange append(Plan& plan, PlanPiece&& piece);

/// The public make_plan with its points merged by `merger`, which may be a device's; the plan is
/// the same.
[[nodiscard]] Plan make_plan(const Dataset& data, const PlanOptions& options,
                             std::span<const std::int32_t> trials, const PointMerger& merger);

}  // namespace nnpoisson
