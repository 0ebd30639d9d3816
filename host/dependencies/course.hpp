#pragma once

#include <functional>
#include <span>
#include <vector>

#include "dependencies/mean_path.hpp"
#include "dependencies/region_drive.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {

/// One stimulus' time courses, at K times as in DependencyMeasures.
struct Course {
  std::vector<double> hazard;               // [2 x K]
  std::vector<double> contribution, drive;  // [2 x G x K]
  std::vector<double> through;    // [2 x G] probability of a response that comes through a region
  std::vector<double> intensity;  // [G x K]
  std::vector<RegionState> path;  // [cells + 1 x G] on the grid of MeanPath
  ResponsePrediction response;
};
[[nodiscard]] Course course_of(const Model& model, const std::vector<double>& stimulus,
                               const std::vector<double>& times, const MeanPath& grid);

/// Changes the states of regions at a time.
using Hold = std::function<void(double, std::span<RegionState>)>;
/// The response where the heads read what `hold` makes of the regions.
[[nodiscard]] ResponsePrediction response_of(RegionDrive& drive, std::size_t regions, double limit,
                                             const Hold& hold);

}  // namespace nnpoisson
