#pragma once

#include <vector>

#include "baselines/intensity_model.hpp"
#include "baselines/session_units.hpp"
#include "baselines/workers.hpp"

namespace nnpoisson {

/// What a model's intensities say of every unit in every trial of its session, [cells].
struct SpikeMeans {
  std::vector<double> points;  ///< sum of log intensities, or of log expected counts less log y!
  std::vector<double> totals;  ///< spikes expected up to the trial's end
};
[[nodiscard]] SpikeMeans spike_means(const IntensityModel& model, const SessionUnits& units,
                                     const std::string& phase, Workers& workers);

}  // namespace nnpoisson
