#include "nnpoisson/covariability.hpp"

#include <cmath>
#include <limits>

#include "covariability/parts.hpp"
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

/// A recording's and the model's statistics of every session in one window.
struct Sessions {
  std::vector<SessionStatistics> observed, implied, sampled;
};

using Member = std::vector<Part> SessionStatistics::*;

Measurement over_sessions(const std::vector<SessionStatistics>& sessions, Member member,
                          std::size_t k) {
  std::vector<Part> parts;
  for (const auto& session : sessions) parts.push_back((session.*member)[k]);
  return combine(parts);
}

Covariation covariation(const Sessions& sessions, Member member, std::size_t k) {
  return {over_sessions(sessions.observed, member, k),
          over_sessions(sessions.implied, member, k).value,
          over_sessions(sessions.sampled, member, k)};
}

WindowCovariability gather(const Sessions& of, const std::vector<Session>& sessions,
                           std::size_t regions) {
  WindowCovariability out;
  std::size_t pair = 0;
  for (std::size_t g = 0; g < regions; ++g)
    for (std::size_t h = g; h < regions; ++h, ++pair) {
      RegionPair here{g,
                      h,
                      0,
                      0,
                      covariation(of, &SessionStatistics::unit_pairs, pair),
                      covariation(of, &SessionStatistics::population_pairs, pair)};
      for (const auto& session : of.observed) {
        here.unit_pairs += static_cast<std::uint64_t>(session.unit_pairs[pair].weight);
        here.sessions += session.unit_pairs[pair].weight > 0 ? 1 : 0;
      }
      out.pairs.push_back(here);
    }
  for (std::size_t g = 0; g < regions; ++g) {
    RegionChoice here{g, 0, 0, covariation(of, &SessionStatistics::mean_unit, g),
                      covariation(of, &SessionStatistics::population, g)};
    for (const auto& session : of.observed) {
      here.units += static_cast<std::size_t>(session.mean_unit[g].weight);
      here.sessions += session.mean_unit[g].weight > 0 ? 1 : 0;
    }
    out.regions.push_back(here);
  }
  for (std::size_t s = 0; s < sessions.size(); ++s)
    for (std::size_t u = 0; u < sessions[s].units.size(); ++u) {
      const auto estimate = [&](const std::vector<SessionStatistics>& all) {
        return all.empty() ? Measurement(combine({})) : combine({all[s].unit[u]});
      };
      out.units.push_back(
          {sessions[s].units[u],
           {estimate(of.observed), estimate(of.implied).value, estimate(of.sampled)}});
    }
  return out;
}

}  // namespace

Covariability covariability(const Model& model, const Dataset& data,
                            const CovariabilityOptions& options) {
  const MatchedTrials trials(model, data);
  auto windows = options.windows;
  if (windows.empty()) windows.push_back({0, data.time_limit});
  for (const auto& window : windows) require(window, data);
  if (options.repeats < 0) throw UsageError("samples: a number of repeats, 0 or more");

  const auto sessions = sessions_of(data);
  Dataset drawn;
  std::vector<Session> drawn_sessions;
  if (options.repeats > 0) {
    drawn = sample(model, data, {options.seed, options.repeats, options.threads});
    drawn_sessions = sessions_of(drawn);
  }
  const MatchedTrials drawn_trials(model, options.repeats > 0 ? drawn : data);

  const std::size_t S = sessions.size();
  std::vector<Sessions> of(windows.size());
  for (auto& here : of) {
    here.observed.resize(S);
    here.implied.resize(S);
    here.sampled.resize(options.repeats > 0 ? S : 0);
  }
  std::vector<std::size_t> equal(windows.size() * S), choices(windows.size() * S);
  for_each_in_parallel(
      windows.size() * S, options.threads,
      [&](std::size_t task) {
        const std::size_t w = task / S, s = task % S;
        const Groups groups = groups_of(data, trials, sessions[s], windows[w]);
        for (const auto& group : groups.equal) equal[task] += group.trials.size();
        for (const auto& group : groups.choices)
          choices[task] += group.left.size() + group.right.size();
        of[w].observed[s] = observed(data, sessions[s], groups, windows[w]);
        of[w].implied[s] =
            implied(model, trials, sessions[s], groups, windows[w], of[w].observed[s].varies);
        if (options.repeats > 0) {
          const Groups again =
              like(groups, groups_of(drawn, drawn_trials, drawn_sessions[s], windows[w]));
          of[w].sampled[s] = observed(drawn, drawn_sessions[s], again, windows[w]);
        }
      },
      1);

  Covariability out;
  out.region_names = data.region_names;
  out.session_names = data.session_names;
  if (options.units) out.unit = data.unit;
  out.sampled_trials = drawn.trials();
  for (std::size_t w = 0; w < windows.size(); ++w) {
    auto here = gather(of[w], options.units ? sessions : std::vector<Session>{}, data.regions());
    here.window = windows[w];
    for (std::size_t s = 0; s < S; ++s) {
      here.trials += equal[w * S + s];
      here.choices += choices[w * S + s];
    }
    out.windows.push_back(std::move(here));
  }
  return out;
}

}  // namespace nnpoisson
