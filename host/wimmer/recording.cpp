#include "wimmer/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "wimmer/constants.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

/// The regions of the published files, in their order, by the populations they record.
constexpr std::array<std::string_view, 6> recorded{"DE1", "DE2", "DI", "SE1", "SE2", "SI"};
constexpr std::uint64_t units_draw =
    std::numeric_limits<std::uint64_t>::max();  // no trial has this number

}  // namespace

Recording::Recording(const Conditions& conditions, Record record)
    : conditions_(conditions),
      record_(record),
      sensory_unit_(neurons, -1),
      integration_unit_(neurons, -1) {
  data_.time_limit = static_cast<double>(steps_in(conditions.stimulus_until) -
                                         steps_in(conditions.stimulus_from)) /
                     (1000 * steps_per_ms);
  data_.session_names = {"wimmer"};
  for (const double coherence : conditions.coherences)
    data_.stimulus_names.push_back(fmt::format("coherence={}", coherence));
  data_.spike.offset.push_back(0);
  for (const auto name : recorded) {
    const auto& population = *std::find_if(populations.begin(), populations.end(),
                                           [&](const auto& p) { return p.name == name; });
    const auto region = static_cast<std::int32_t>(data_.region_names.size());
    data_.region_names.push_back(fmt::format("{}s", name));
    const std::int32_t size = population.end - population.first;
    const std::int32_t count = record == Record::full ? size : (size + 1) / 3;
    auto& unit_of = population.circuit == 0 ? sensory_unit_ : integration_unit_;
    for (const auto k : draw_subset(conditions.seed, units_draw, static_cast<std::uint32_t>(region),
                                    size, count)) {
      unit_of[static_cast<std::size_t>(population.first + k)] =
          static_cast<std::int32_t>(data_.units());
      data_.unit.session.push_back(0);
      data_.unit.region.push_back(region);
      data_.unit.id.push_back(k);
    }
  }
}

void Recording::add(std::size_t trial, const TrialSpikes& spikes) {
  const auto readers =
      record_ == Record::full ? all_readers() : third_of_readers(conditions_.seed, trial);
  auto [choice, time] = decide(spikes.integration, conditions_, readers);
  if (!(time <= data_.time_limit)) {
    choice = 0;
    time = std::numeric_limits<double>::quiet_NaN();
  }
  const double until = choice != 0 ? time : data_.time_limit;
  data_.trial.session.push_back(0);
  for (std::size_t k = 0; k < conditions_.coherences.size(); ++k)
    data_.trial.stimulus.push_back(k == trial % conditions_.coherences.size() ? 1 : 0);
  data_.trial.response_time.push_back(time);
  data_.trial.choice.push_back(choice);
  data_.trial.observed_until.push_back(until);

  // Both lists ascend in time; spikes at onset itself are left out, as in the published files.
  const int onset = steps_in(conditions_.stimulus_from);
  auto sensory = spikes.sensory.begin(), integration = spikes.integration.begin();
  while (sensory != spikes.sensory.end() || integration != spikes.integration.end()) {
    const bool from_sensory =
        integration == spikes.integration.end() ||
        (sensory != spikes.sensory.end() && step_of(*sensory) <= step_of(*integration));
    const std::uint32_t spike = from_sensory ? *sensory++ : *integration++;
    const int step = step_of(spike) - onset;
    const std::int32_t unit =
        (from_sensory ? sensory_unit_
                      : integration_unit_)[static_cast<std::size_t>(neuron_of(spike))];
    const double at = static_cast<double>(step) / (1000 * steps_per_ms);
    if (step <= 0 || unit < 0) continue;
    if (at >= until) break;
    data_.spike.time.push_back(at);
    data_.spike.unit.push_back(unit);
  }
  data_.spike.offset.push_back(static_cast<std::int64_t>(data_.spike.time.size()));
}

}  // namespace nnpoisson::wimmer
