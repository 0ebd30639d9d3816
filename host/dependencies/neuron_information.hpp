#pragma once

#include <vector>

#include "curves/progress_counter.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

/// What the spikes of one trial say of its behaviour, nats (SpikeInformation).
struct TrialInformation {
  double total = 0;
  std::vector<double> region_lost, region_alone;  // [G]; of no meaning without units in the session
  std::vector<double> unit_lost, unit_alone;      // [units of the session]
};

/// Of all trials, under one model.
[[nodiscard]] std::vector<TrialInformation> trial_information(const Model& model,
                                                              const Dataset& data, int threads,
                                                              ProgressCounter& progress);

}  // namespace nnpoisson
