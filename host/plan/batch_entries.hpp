#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "plan/merging.hpp"
#include "plan/trial_lookup.hpp"

/// What one batch's loss is made of, before equal entries become points.
namespace nnpoisson {

struct NeuralEntries {
  std::vector<Entry> events;    ///< spikes, or counts in bins
  std::vector<Entry> exposure;  ///< the cumulative intensities of the exposed units
  std::uint64_t spikes = 0;     ///< in events
  double constant = 0;          ///< of the loss, without parameters
};
/// Of one region in the given trials, or of all regions where `region` is negative.
[[nodiscard]] NeuralEntries neural_entries(const TrialLookup& lookup, const PlanOptions& options,
                                           std::span<const std::int32_t> trials,
                                           std::int32_t region);

struct BehaviourEntries {
  std::vector<Entry> events;         ///< responses
  std::vector<Entry> exposure;       ///< the actions' cumulative hazards
  std::array<double, 2> constant{};  ///< of the loss of each action, without parameters
};
[[nodiscard]] BehaviourEntries behaviour_entries(const TrialLookup& lookup, Preset preset,
                                                 std::span<const std::int32_t> trials);

}  // namespace nnpoisson
