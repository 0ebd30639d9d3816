#include "sample/draws.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "data/observed_time.hpp"

namespace nnpoisson {
namespace {

/// The places of the drawn trials. Repeats of a trial follow each other there, as if each trial of
/// the session had been repeated on the spot: so all keep its part of the way through the session.
void place_repeats(const Dataset& trials, std::int64_t repeats, Dataset& drawn) {
  const std::vector<std::int64_t> number = trial_numbers(trials);
  drawn.session_trials = session_trial_counts(trials);
  for (auto& count : drawn.session_trials) count *= repeats;
  for (std::int64_t repeat = 0; repeat < repeats; ++repeat)
    for (const auto place : number) drawn.trial.number.push_back(place * repeats + repeat);
}

void append_spikes(const std::vector<DrawnSpike>& spikes, Dataset::Spikes& to) {
  for (const auto& [time, unit] : spikes) {
    to.time.push_back(time);
    to.unit.push_back(unit);
  }
  to.offset.push_back(static_cast<std::int64_t>(to.time.size()));
}

void append_counts(const Draw& draw, double bin_width, Dataset::Counts& to) {
  const double last = whole_bins(draw.until, bin_width) - 1;
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> counts;  // by bin and unit
  for (const auto& [time, unit] : draw.spikes)
    if (last >= 0) ++counts[{static_cast<std::int32_t>(std::min(time / bin_width, last)), unit}];
  for (const auto& [cell, value] : counts) {
    to.bin.push_back(cell.first);
    to.unit.push_back(cell.second);
    to.value.push_back(value);
  }
  to.offset.push_back(static_cast<std::int64_t>(to.bin.size()));
}

}  // namespace

DrawnResponse draw_response(const InverseCurve& time_of,
                            const std::function<std::array<double, 2>(double)>& hazards,
                            RandomStream random) {
  const double threshold = random.exponential();
  if (!(threshold < time_of.total())) return {};
  const double time = time_of(threshold);
  const auto [left, right] = hazards(time);
  const bool is_left = random.uniform() * (left + right) < left;
  return {static_cast<std::int8_t>(is_left ? 1 : -1), time};
}

void order_by_time(std::vector<DrawnSpike>& spikes) {
  std::stable_sort(spikes.begin(), spikes.end(),
                   [](const DrawnSpike& a, const DrawnSpike& b) { return a.time < b.time; });
}

Dataset dataset_of(const Dataset& trials, std::vector<Draw>& draws, int repeats, double time_limit,
                   double bin_width) {
  Dataset drawn;
  drawn.time_limit = time_limit;
  drawn.bin_width = bin_width;
  drawn.session_names = trials.session_names;
  drawn.region_names = trials.region_names;
  drawn.stimulus_names = trials.stimulus_names;
  drawn.unit = trials.unit;

  (drawn.binned() ? drawn.count.offset : drawn.spike.offset).push_back(0);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    Draw& draw = draws[k];
    drawn.trial.session.push_back(trials.trial.session[k % trials.trials()]);
    drawn.trial.response_time.push_back(draw.response.time);
    drawn.trial.choice.push_back(draw.response.choice);
    drawn.trial.observed_until.push_back(draw.until);
    if (drawn.binned())
      append_counts(draw, bin_width, drawn.count);
    else
      append_spikes(draw.spikes, drawn.spike);
    std::vector<DrawnSpike>().swap(draw.spikes);
  }

  place_repeats(trials, repeats, drawn);
  for (int repeat = 0; repeat < repeats; ++repeat)
    drawn.trial.stimulus.insert(drawn.trial.stimulus.end(), trials.trial.stimulus.begin(),
                                trials.trial.stimulus.end());
  return drawn;
}

}  // namespace nnpoisson
