#include "synthetic/recording.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "wimmer/conditions.hpp"
#include "wimmer/spikes.hpp"

namespace nnpoisson::wimmer {
namespace {

/// The regions of the published files, in their order, by the populations they record.
constexpr std::array recorded{de1, de2, di, se1, se2, si};
/// Which units are recorded is drawn as if for this trial, which there is not.
constexpr std::uint64_t units_draw = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Recording::Recording(const Conditions& conditions, Record record, std::size_t trials)
    : conditions_(conditions),
      record_(record),
      sensory_unit_(neurons, -1),
      integration_unit_(neurons, -1) {
  data_.time_limit =
      seconds_in(steps_in(conditions.stimulus_until) - steps_in(conditions.stimulus_from));
  data_.session_names = {"wimmer"};
  data_.session_trials = {static_cast<std::int64_t>(trials)};
  for (const double coherence : conditions.coherences)
    data_.stimulus_names.push_back(fmt::format("coherence={}", coherence));
  data_.spike.offset.push_back(0);
  for (const Population& population : recorded) add_region(population);
}

void Recording::add_region(const Population& population) {
  const auto region = static_cast<std::int32_t>(data_.region_names.size());
  data_.region_names.push_back(fmt::format("{}s", population.name));

  const std::int32_t size = population.size();
  const std::int32_t count = record_ == Record::full ? size : (size + 1) / 3;
  auto& unit_of = population.circuit == Circuit::sensory ? sensory_unit_ : integration_unit_;
  for (const auto neuron :
       draw_subset(conditions_.seed, units_draw, static_cast<std::uint32_t>(region), size, count)) {
    unit_of[static_cast<std::size_t>(population.first + neuron)] =
        static_cast<std::int32_t>(data_.units());
    data_.unit.session.push_back(0);
    data_.unit.region.push_back(region);
    data_.unit.id.push_back(neuron);
  }
}

void Recording::add(std::size_t trial, const TrialSpikes& spikes) {
  const auto readers =
      record_ == Record::full ? all_readers() : third_of_readers(conditions_.seed, trial);
  Decision decision = decide(spikes.integration, conditions_, readers);
  if (!(decision.time <= data_.time_limit))  // also of none, which has NaN
    decision = {0, std::numeric_limits<double>::quiet_NaN()};
  const double until = decision.choice != 0 ? decision.time : data_.time_limit;

  data_.trial.session.push_back(0);
  for (std::size_t k = 0; k < conditions_.coherences.size(); ++k)
    data_.trial.stimulus.push_back(k == coherence_number(conditions_, trial) ? 1 : 0);
  data_.trial.response_time.push_back(decision.time);
  data_.trial.choice.push_back(decision.choice);
  data_.trial.observed_until.push_back(until);
  data_.trial.number.push_back(static_cast<std::int64_t>(trial));
  add_spikes(spikes, until);
  data_.spike.offset.push_back(static_cast<std::int64_t>(data_.spike.time.size()));
}

void Recording::add_spikes(const TrialSpikes& spikes, double until) {
  const int onset = steps_in(conditions_.stimulus_from);
  // Both lists ascend in time, and are gone through together.
  auto sensory = spikes.sensory.begin(), integration = spikes.integration.begin();
  while (sensory != spikes.sensory.end() || integration != spikes.integration.end()) {
    const bool from_sensory =
        integration == spikes.integration.end() ||
        (sensory != spikes.sensory.end() && step_of(*sensory) <= step_of(*integration));
    const std::uint32_t spike = from_sensory ? *sensory++ : *integration++;

    const auto& unit_of = from_sensory ? sensory_unit_ : integration_unit_;
    const std::int32_t unit = unit_of[static_cast<std::size_t>(neuron_of(spike))];
    const int step = step_of(spike) - onset;
    // Spikes at onset itself are left out, as in the published files.
    if (step <= 0 || unit < 0) continue;
    if (seconds_in(step) >= until) break;
    data_.spike.time.push_back(seconds_in(step));
    data_.spike.unit.push_back(unit);
  }
}

}  // namespace nnpoisson::wimmer
