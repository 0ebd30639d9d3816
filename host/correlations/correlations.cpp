#include "nnpoisson/correlations.hpp"

#include <cmath>
#include <optional>
#include <utility>

#include "correlations/session_statistics.hpp"
#include "curves/parallel.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

void require(const Window& window, const Dataset& data) {
  const auto refuse = [&](const std::string& what) {
    throw UsageError("window " + shortest(window.from) + " to " + shortest(window.until) +
                     " s: " + what);
  };
  if (!(window.from >= 0 && window.until > window.from && window.until <= data.time_limit))
    refuse("must lie within 0 and the time limit of " + shortest(data.time_limit) +
           " s, and not be empty");
  for (const double edge : {window.from, window.until}) {
    const double bins = edge / data.bin_width;
    if (data.binned() && edge != data.time_limit && !(std::abs(bins - std::round(bins)) <= 1e-6))
      refuse("must begin and end between bins of " + shortest(data.bin_width) +
             " s, the recording is of counts");
  }
}

/// Trials, observed or drawn, with what is needed to group them.
struct Recording {
  Recording(const Model& model, const Dataset& dataset)
      : data(&dataset), trials(model, dataset), sessions(sessions_of(dataset)) {}

  [[nodiscard]] TrialGroups groups(std::size_t session, Window window) const {
    return trial_groups(*data, trials, sessions[session], window);
  }
  [[nodiscard]] SessionStatistics statistics(std::size_t session, const TrialGroups& groups,
                                             Window window) const {
    return observed_statistics(*data, sessions[session], groups, window);
  }

  const Dataset* data;
  MatchedTrials trials;
  std::vector<Session> sessions;
};

/// The statistics of every session in one window.
struct WindowStatistics {
  std::vector<TrialGroups> groups;
  std::vector<SessionStatistics> observed, implied, sampled;  // sampled: none, or of every session
};

/// Groups the trials of every session in every window.
std::vector<WindowStatistics> group_trials(const Recording& recording,
                                           const std::vector<Window>& windows, bool sampled) {
  const std::size_t sessions = recording.sessions.size();
  std::vector<WindowStatistics> grouped(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    for (std::size_t s = 0; s < sessions; ++s)
      grouped[w].groups.push_back(recording.groups(s, windows[w]));
    grouped[w].observed.resize(sessions);
    grouped[w].implied.resize(sessions);
    grouped[w].sampled.resize(sampled ? sessions : 0);
  }
  return grouped;
}

/// Fills the statistics of what is grouped.
void measure(std::vector<WindowStatistics>& statistics, const std::vector<Window>& windows,
             const Model& model, const Recording& recording, const std::optional<Recording>& drawn,
             int threads, ProgressCounter& progress) {
  std::size_t groups = 0;
  for (const auto& window : statistics)
    for (const auto& session : window.groups)
      groups += session.equal.size() + session.choices.size();
  progress.begin("correlations: stimuli", groups);

  std::optional<NeuronRecording> neurons;
  if (model.preset == Preset::neurons) neurons.emplace(model, *recording.data);

  const std::size_t sessions = recording.sessions.size();
  const auto session_in_window = [&](std::size_t task) {
    const std::size_t w = task / sessions, s = task % sessions;
    auto& [session_groups, observed, implied, sampled] = statistics[w];
    observed[s] = recording.statistics(s, session_groups[s], windows[w]);
    implied[s] =
        neurons ? implied_neuron_statistics(*neurons, recording.sessions[s], session_groups[s],
                                            windows[w], observed[s].varies, progress)
                : implied_statistics(model, recording.trials, recording.sessions[s],
                                     session_groups[s], windows[w], observed[s].varies, progress);
    if (drawn) {
      auto same = weighted_as(session_groups[s], drawn->groups(s, windows[w]));
      if (neurons) same = by_repeat(std::move(same), drawn->sessions[s], recording.data->trials());
      sampled[s] = drawn->statistics(s, same, windows[w]);
    }
  };
  for_each_in_parallel(windows.size() * sessions, threads, session_in_window, 1);
}

using Member = std::vector<SessionEstimate> SessionStatistics::*;

Measurement over_sessions(const std::vector<SessionStatistics>& sessions, Member member,
                          std::size_t k) {
  std::vector<SessionEstimate> estimates;
  for (const auto& session : sessions) estimates.push_back((session.*member)[k]);
  return combine(estimates);
}

/// Statistic k of a kind, over sessions.
Comparison compare(const WindowStatistics& window, Member member, std::size_t k) {
  return {over_sessions(window.observed, member, k), over_sessions(window.implied, member, k).value,
          over_sessions(window.sampled, member, k)};
}

/// Unit u of session s.
Comparison compare_unit(const WindowStatistics& window, std::size_t s, std::size_t u) {
  const auto estimate = [&](const std::vector<SessionStatistics>& sessions) {
    return sessions.empty() ? combine({}) : combine({sessions[s].unit[u]});
  };
  return {estimate(window.observed), estimate(window.implied).value, estimate(window.sampled)};
}

RegionPair region_pair(const WindowStatistics& window, std::size_t first, std::size_t second,
                       std::size_t pair) {
  RegionPair result{first,
                    second,
                    0,
                    0,
                    compare(window, &SessionStatistics::unit_pairs, pair),
                    compare(window, &SessionStatistics::population_pairs, pair)};
  for (const auto& session : window.observed) {
    const double weight = session.unit_pairs[pair].weight;
    result.unit_pairs += static_cast<std::uint64_t>(weight);
    result.sessions += weight > 0 ? 1 : 0;
  }
  return result;
}

RegionChoice region_choice(const WindowStatistics& window, std::size_t region) {
  RegionChoice result{region, 0, 0, compare(window, &SessionStatistics::mean_unit, region),
                      compare(window, &SessionStatistics::population, region)};
  for (const auto& session : window.observed) {
    const double weight = session.mean_unit[region].weight;
    result.units += static_cast<std::size_t>(weight);
    result.sessions += weight > 0 ? 1 : 0;
  }
  return result;
}

WindowCorrelations gather(const WindowStatistics& statistics, const Window& window,
                          const std::vector<Session>& sessions, std::size_t regions,
                          bool with_units) {
  WindowCorrelations out;
  out.window = window;
  for (const auto& groups : statistics.groups) {
    out.trials += groups.equal_trials();
    out.choices += groups.choice_trials();
  }

  std::size_t pair = 0;
  for (std::size_t g = 0; g < regions; ++g)
    for (std::size_t h = g; h < regions; ++h)
      out.pairs.push_back(region_pair(statistics, g, h, pair++));

  for (std::size_t g = 0; g < regions; ++g) out.regions.push_back(region_choice(statistics, g));

  if (!with_units) return out;
  for (std::size_t s = 0; s < sessions.size(); ++s)
    for (std::size_t u = 0; u < sessions[s].units.size(); ++u)
      out.units.push_back({sessions[s].units[u], compare_unit(statistics, s, u)});
  return out;
}

}  // namespace

Correlations correlations(const Model& model, const Dataset& data,
                          const CorrelationOptions& options, const Watch& watch) {
  const Recording recording(model, data);
  auto windows = options.windows;
  if (windows.empty()) windows.push_back({0, data.time_limit});
  for (const auto& window : windows) require(window, data);
  if (options.repeats < 0) throw UsageError("samples: a number of repeats, 0 or more");

  ProgressCounter progress(watch);
  Dataset drawn_data;
  std::optional<Recording> drawn;
  if (options.repeats > 0) {
    drawn_data = sample(model, data, {options.seed, options.repeats, options.threads}, watch);
    drawn.emplace(model, drawn_data);
  }

  auto statistics = group_trials(recording, windows, drawn.has_value());
  measure(statistics, windows, model, recording, drawn, options.threads, progress);

  Correlations out;
  out.region_names = data.region_names;
  out.session_names = data.session_names;
  if (options.units) out.unit = data.unit;
  out.sampled_trials = drawn_data.trials();
  for (std::size_t w = 0; w < windows.size(); ++w)
    out.windows.push_back(
        gather(statistics[w], windows[w], recording.sessions, data.regions(), options.units));
  return out;
}

}  // namespace nnpoisson
