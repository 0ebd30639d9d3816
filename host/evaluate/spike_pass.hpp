#pragma once

#include <string>
#include <vector>

#include "baselines/intensity_model.hpp"
#include "baselines/session_units.hpp"
#include "baselines/time_grid.hpp"
#include "baselines/workers.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// What was seen, without any model.
struct ObservedSpikes {
  std::vector<double> spikes;     ///< [T x G]
  std::vector<double> saturated;  ///< [T x G] sum of y log y - y over units' counts y in the bins
  std::vector<double> unit_saturated;  ///< [U]
  std::vector<double> binned;          ///< [T x G x bins] spikes
};
[[nodiscard]] ObservedSpikes observe_spikes(const SessionUnits& units, const TimeGrid& grid,
                                            Workers& workers);

/// One model's sums over some spikes.
struct SpikeSums {
  /// Of spikes at their times; of counts the whole term in the dataset's bins but their
  /// expectation.
  double log_intensity = 0;
  /// Sum of y log of the count expected, over counts y in the grid's bins.
  double log_binned = 0;
  double expected = 0;

  [[nodiscard]] double log_likelihood() const { return log_intensity - expected; }
  [[nodiscard]] double deviance(double saturated) const {
    return 2 * (saturated - log_binned + expected);
  }
  SpikeSums& operator+=(const SpikeSums& other);
};

/// What one pass over all spikes says of a model.
struct SpikePass {
  std::vector<SpikeSums> by_region;  ///< [T x G]
  std::vector<SpikeSums> by_unit;    ///< [U]
  std::vector<double> rescaled;      ///< [N] u of the interval that each spike ends
  std::vector<double> binned;        ///< [T x G x bins] expected spikes
};
enum class Detail { sums, all };  ///< sums: by_region and by_unit only

/// The likelihood of all spikes under any model of intensities; the phase's pieces are trials.
[[nodiscard]] SpikePass judge_spikes(const std::string& phase, const IntensityModel& model,
                                     const SessionUnits& units, const TimeGrid& grid, Detail detail,
                                     Workers& workers);

/// A model and what the spikes say of it.
struct JudgedModel {
  SpikeModel model{};
  SpikePass pass;
};

}  // namespace nnpoisson
