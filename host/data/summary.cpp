#include "nnpoisson/summary.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "data/missing.hpp"
#include "data/trial_events.hpp"

namespace nnpoisson {
namespace {

void summarise_responses(const Dataset& data, DatasetSummary& summary) {
  double sum = 0;
  summary.first_response = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (data.trial.choice[n] == 0) {
      ++summary.unanswered;
    } else if (!data.responded(n)) {
      ++(data.action(n) == 0 ? summary.left_later : summary.right_later);
    } else {
      ++(data.action(n) == 0 ? summary.left : summary.right);
      const double response = data.trial.response_time[n];
      sum += response;
      summary.first_response = std::min(summary.first_response, response);
      summary.last_response = std::max(summary.last_response, response);
    }
  }
  const std::size_t answered = summary.left + summary.right;
  summary.mean_response = sum / static_cast<double>(answered);
  if (answered == 0)
    summary.first_response = summary.mean_response = summary.last_response = missing;
}

void summarise_stimuli(const Dataset& data, DatasetSummary& summary) {
  const std::size_t features = data.features();
  std::set<std::vector<double>> stimuli;
  std::vector<std::set<double>> values(features);
  for (std::size_t f = 0; f < features; ++f)
    summary.feature.push_back({data.stimulus_names[f], 0, 0, 0, 0});
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto first = data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n * features);
    const std::vector<double> stimulus(first, first + static_cast<std::ptrdiff_t>(features));
    for (std::size_t f = 0; f < features; ++f) {
      values[f].insert(stimulus[f]);
      summary.feature[f].mean += stimulus[f] / static_cast<double>(data.trials());
    }
    stimuli.insert(stimulus);
  }

  for (std::size_t f = 0; f < features; ++f) {
    auto& feature = summary.feature[f];
    feature.smallest = *values[f].begin();
    feature.largest = *values[f].rbegin();
    feature.distinct = values[f].size();
  }
  summary.distinct_stimuli = stimuli.size();
}

/// Trials, units and what they add up to, by session and region.
void summarise_exposure(const Dataset& data, DatasetSummary& summary) {
  std::vector<double> observed(data.sessions(), 0.0);
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto session = static_cast<std::size_t>(data.trial.session[n]);
    ++summary.session[session].trials;
    observed[session] += data.trial.observed_until[n];
    summary.observed_time += data.trial.observed_until[n];
  }

  const std::vector<std::int32_t> units = units_by_session_and_region(data);
  for (std::size_t session = 0; session < data.sessions(); ++session) {
    for (std::size_t g = 0; g < data.regions(); ++g) {
      const auto there = static_cast<std::size_t>(units[session * data.regions() + g]);
      if (there == 0) continue;
      auto& region = summary.region[g];
      summary.session[session].units += there;
      region.units += there;
      region.trials += summary.session[session].trials;
      region.exposure += static_cast<double>(there) * observed[session];
      ++region.sessions;
    }
  }
}

void summarise_spikes(const Dataset& data, DatasetSummary& summary) {
  for (std::size_t n = 0; n < data.trials(); ++n) {
    auto& session = summary.session[static_cast<std::size_t>(data.trial.session[n])];
    for_each_event(data, n, [&](double, std::size_t unit, std::int32_t spikes, std::size_t) {
      summary.spikes += spikes;
      session.spikes += spikes;
      summary.region[static_cast<std::size_t>(data.unit.region[unit])].spikes += spikes;
    });
  }
  for (auto& region : summary.region)
    if (region.exposure > 0) region.rate = static_cast<double>(region.spikes) / region.exposure;
}

}  // namespace

DatasetSummary summarise(const Dataset& data) {
  DatasetSummary summary;
  summary.time_limit = data.time_limit;
  summary.bin_width = data.bin_width;
  summary.trials = data.trials();
  summary.units = data.units();
  for (const std::string& name : data.session_names) summary.session.push_back({name, 0, 0, 0});
  for (const std::string& name : data.region_names)
    summary.region.push_back({name, 0, 0, 0, 0, 0, missing});

  summarise_exposure(data, summary);
  summarise_spikes(data, summary);
  summarise_responses(data, summary);
  summarise_stimuli(data, summary);
  return summary;
}

}  // namespace nnpoisson
