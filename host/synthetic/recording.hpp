#pragma once

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/wimmer.hpp"
#include "synthetic/decision.hpp"
#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

/// Turns trials into a dataset of layout 1: one session, regions DE1s DE2s DIs SE1s SE2s SIs, the
/// coherence as one-hot stimulus, time from stimulus onset, the stimulus' length as time limit. A
/// decision after it counts as none.
class Recording {
 public:
  /// `trials`: all that are simulated, of which some are added.
  Recording(const Conditions& conditions, Record record, std::size_t trials);

  void add(std::size_t trial, const TrialSpikes& spikes);
  [[nodiscard]] const Dataset& dataset() const { return data_; }

 private:
  void add_region(const Population& population);
  /// Those between stimulus onset and `until`, s after it.
  void add_spikes(const TrialSpikes& spikes, double until);

  Conditions conditions_;
  Record record_;
  Dataset data_;
  std::vector<std::int32_t> sensory_unit_, integration_unit_;  ///< [neurons], -1: not recorded
};

}  // namespace nnpoisson::wimmer
