#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "covariability/correlation.hpp"
#include "data/trial_events.hpp"

namespace nnpoisson {
namespace {

/// Spikes in the window, [trials x units] of the session.
std::vector<double> counts_of(const Dataset& data, const Session& session, Window window) {
  const std::size_t U = session.units.size();
  std::vector<std::size_t> place(data.units());
  for (std::size_t u = 0; u < U; ++u) place[session.units[u]] = u;
  std::vector<double> counts(session.trials.size() * U);
  for (std::size_t k = 0; k < session.trials.size(); ++k)
    for_each_event(data, session.trials[k],
                   [&](double time, std::size_t unit, double value, std::size_t) {
                     // Windows begin and end between bins: a bin's middle tells.
                     if (time >= window.from && time < window.until)
                       counts[k * U + place[unit]] += value;
                   });
  return counts;
}

/// One column's ROC area over the groups, whose weights sum to `total`; to `influence` [trials]
/// what each trial adds to its error.
double roc_area(const std::vector<double>& counts, std::size_t columns, std::size_t column,
                const std::vector<ChoiceGroup>& groups, double total,
                std::vector<double>& influence) {
  double area = 0;
  const auto values = [&](const std::vector<std::size_t>& trials) {
    std::vector<double> sorted;
    for (const auto k : trials) sorted.push_back(counts[k * columns + column]);
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  for (const auto& group : groups) {
    const auto left = values(group.left), right = values(group.right);
    // Of the other side's trials, the part below a count, ties half.
    const auto below = [](const std::vector<double>& sorted, double count) {
      const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), count);
      return (static_cast<double>(first - sorted.begin()) +
              0.5 * static_cast<double>(last - first)) /
             static_cast<double>(sorted.size());
    };
    double here = 0;
    for (const double count : left) here += below(right, count) / static_cast<double>(left.size());
    const double weight = group.weight / total;
    area += weight * here;
    // DeLong et al. (1988): a trial's placement among the other side's.
    const auto add = [&](const std::vector<std::size_t>& trials, const std::vector<double>& others,
                         double sign, double mean) {
      const auto n = static_cast<double>(trials.size());
      for (const auto k : trials)
        influence[k] += weight * sign * (below(others, counts[k * columns + column]) - mean) /
                        std::sqrt(n * (n - 1));
    };
    add(group.left, right, 1, here);
    add(group.right, left, -1, 1 - here);
  }
  return area;
}

double squares(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return sum;
}

void choice_probabilities(SessionStatistics& out, const std::vector<double>& counts,
                          const Session& session, const std::vector<ChoiceGroup>& groups) {
  const std::size_t U = session.units.size(), G = session.regions.size(), T = session.trials.size();
  out.mean_unit.assign(G, no_part());
  out.population = out.mean_unit;
  out.unit.assign(U, no_part());
  double total = 0;
  for (const auto& group : groups) total += group.weight;
  if (groups.empty()) return;
  for (std::size_t g = 0; g < G; ++g) {
    const auto& units = session.regions[g];
    if (units.empty()) continue;
    const auto N = static_cast<double>(units.size());
    std::vector<double> together(T), sum(T), influence(T);
    double mean = 0;
    for (const auto u : units) {
      std::vector<double> own(T);
      const double area = roc_area(counts, U, u, groups, total, own);
      out.unit[u] = {1, area, squares(own)};
      mean += area / N;
      for (std::size_t k = 0; k < T; ++k) {
        together[k] += own[k] / N;
        sum[k] += counts[k * U + u];
      }
    }
    out.mean_unit[g] = {N, mean, squares(together)};
    const double area = roc_area(sum, 1, 0, groups, total, influence);
    out.population[g] = {total, area, squares(influence)};
  }
}

}  // namespace

std::vector<Session> sessions_of(const Dataset& data) {
  std::vector<Session> sessions;
  for (auto& trials : trials_by_session(data))
    sessions.push_back(
        {std::move(trials), {}, std::vector<std::vector<std::size_t>>(data.regions())});
  for (std::size_t u = 0; u < data.units(); ++u) {
    auto& session = sessions[static_cast<std::size_t>(data.unit.session[u])];
    session.regions[static_cast<std::size_t>(data.unit.region[u])].push_back(session.units.size());
    session.units.push_back(u);
  }
  return sessions;
}

Groups groups_of(const Dataset& data, const MatchedTrials& trials, const Session& session,
                 Window window) {
  std::map<std::vector<double>, ChoiceGroup> choices;
  std::map<std::vector<double>, StimulusGroup> equal;
  for (std::size_t k = 0; k < session.trials.size(); ++k) {
    const std::size_t n = session.trials[k];
    if (!(data.trial.observed_until[n] > window.from)) continue;
    const auto stimulus = trials.stimulus(n);
    equal[stimulus].trials.push_back(k);
    if (data.responded(n))
      (data.trial.choice[n] > 0 ? choices[stimulus].left : choices[stimulus].right).push_back(k);
  }
  Groups groups;
  for (auto& [stimulus, group] : equal)
    if (const auto n = static_cast<double>(group.trials.size()); n > 1)
      groups.equal.push_back({stimulus, std::move(group.trials), n - 1});
  for (auto& [stimulus, group] : choices)
    if (const auto l = static_cast<double>(group.left.size()),
        r = static_cast<double>(group.right.size());
        l > 1 && r > 1)
      groups.choices.push_back(
          {stimulus, std::move(group.left), std::move(group.right), l * r / (l + r + 1)});
  return groups;
}

Groups like(const Groups& recording, Groups drawn) {
  const auto keep = [](const auto& those, auto& groups) {
    std::map<std::vector<double>, double> weights;
    for (const auto& group : those) weights[group.stimulus] = group.weight;
    std::erase_if(groups, [&](const auto& group) { return !weights.contains(group.stimulus); });
    for (auto& group : groups) group.weight = weights[group.stimulus];
  };
  keep(recording.equal, drawn.equal);
  keep(recording.choices, drawn.choices);
  return drawn;
}

Part no_part() {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {0, none, none};
}

Measurement combine(const std::vector<Part>& parts) {
  double weight = 0, sum = 0, variance = 0;
  for (const auto& part : parts) {
    if (part.weight == 0) continue;
    weight += part.weight;
    sum += part.weight * part.value;
    variance += part.weight * part.weight * part.variance;
  }
  return {sum / weight, std::sqrt(variance) / weight};
}

SessionStatistics observed(const Dataset& data, const Session& session, const Groups& groups,
                           Window window) {
  const std::size_t U = session.units.size();
  const auto counts = counts_of(data, session, window);
  Deviations residuals{U, {}, {}, std::vector<double>(U)};
  double freedom = 0, weight = 0;
  for (const auto& group : groups.equal) {
    std::vector<double> sum(U);
    for (const auto k : group.trials)
      for (std::size_t u = 0; u < U; ++u) sum[u] += counts[k * U + u];
    for (const auto k : group.trials)  // exactly 0 where all counts are equal
      for (std::size_t u = 0; u < U; ++u)
        residuals.value.push_back(counts[k * U + u] -
                                  sum[u] / static_cast<double>(group.trials.size()));
    const auto own = static_cast<double>(group.trials.size()) - 1;
    residuals.weight.insert(residuals.weight.end(), group.trials.size(), group.weight / own);
    freedom += own;
    weight += group.weight;
  }
  const double inflation = static_cast<double>(residuals.weight.size()) / freedom;

  SessionStatistics out;
  const auto varying = [&](const Deviations& d, std::vector<std::vector<std::size_t>> columns) {
    for (auto& group : columns)
      std::erase_if(group, [&](std::size_t i) { return !(d.variance(i) > 0); });
    return columns;
  };
  const auto units = varying(residuals, session.regions);
  out.varies.assign(U, false);
  for (const auto& region : units)
    for (const auto u : region) out.varies[u] = true;
  out.unit_pairs = mean_correlations(residuals, units, inflation);
  const Deviations populations = sums(residuals, session.regions);
  std::vector<std::vector<std::size_t>> one(session.regions.size());
  for (std::size_t g = 0; g < one.size(); ++g) one[g] = {g};
  out.population_pairs = mean_correlations(populations, varying(populations, one), inflation);
  for (auto& part : out.population_pairs) part.weight *= weight;
  choice_probabilities(out, counts, session, groups.choices);
  return out;
}

}  // namespace nnpoisson
