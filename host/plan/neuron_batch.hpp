#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nnpoisson/neuron_plan.hpp"
#include "plan/trial_lookup.hpp"

namespace nnpoisson {

/// What all batches of a plan ask of the dataset.
struct NeuronPlanSource {
  NeuronPlanSource(const Dataset& dataset, const NeuronPlanOptions& asked)
      : data(dataset),
        options(asked),
        lookup(dataset, Preset::exact, NeuralTime::absolute),
        number(trial_numbers(dataset)),
        session_trials(session_trial_counts(dataset)),
        place(dataset.units()),
        session_units(dataset.sessions()) {
    for (std::size_t u = 0; u < data.units(); ++u)
      place[u] = session_units[static_cast<std::size_t>(data.unit.session[u])]++;
  }

  [[nodiscard]] double waited(std::size_t n) const {
    return data.responded(n) ? data.trial.response_time[n] : data.trial.observed_until[n];
  }

  const Dataset& data;
  const NeuronPlanOptions& options;
  TrialLookup lookup;
  std::vector<std::int64_t> number, session_trials;
  std::vector<std::uint32_t> place;          // of a unit among those of its session
  std::vector<std::uint32_t> session_units;  // how many
};

/// Plans the batch of these trials.
[[nodiscard]] NeuronBatch plan_neuron_batch(const NeuronPlanSource& source,
                                            std::span<const std::int32_t> trials);

}  // namespace nnpoisson
