#include <algorithm>
#include <cmath>
#include <utility>

#include "correlations/deviations.hpp"
#include "correlations/session_statistics.hpp"
#include "curves/roc.hpp"
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

/// What counts differ by from their means over trials of the same stimulus, weighted so that
/// stimuli count as `groups` say.
Deviations residuals_of(const std::vector<double>& counts, std::size_t units,
                        const std::vector<StimulusGroup>& groups) {
  Deviations residuals{.columns = units, .independent = std::vector<double>(units)};
  for (const auto& group : groups) {
    const auto trials = static_cast<double>(group.trials.size());
    std::vector<double> sum(units);
    for (const auto k : group.trials)
      for (std::size_t u = 0; u < units; ++u) sum[u] += counts[k * units + u];
    for (const auto k : group.trials)  // exactly 0 where all counts are equal
      for (std::size_t u = 0; u < units; ++u)
        residuals.value.push_back(counts[k * units + u] - sum[u] / trials);
    residuals.weight.insert(residuals.weight.end(), group.trials.size(),
                            group.weight / (trials - 1));
  }
  return residuals;
}

void observed_correlations(SessionStatistics& out, const Deviations& residuals,
                           const Session& session, const std::vector<StimulusGroup>& groups) {
  // Residuals are fewer than they look: each group's sum to 0.
  double freedom = 0, weight = 0;
  for (const auto& group : groups) {
    freedom += static_cast<double>(group.trials.size()) - 1;
    weight += group.weight;
  }
  const double inflation = static_cast<double>(residuals.rows()) / freedom;

  const auto varying = [](const Deviations& deviations, ColumnGroups columns) {
    for (auto& group : columns)
      std::erase_if(group, [&](std::size_t i) { return !(deviations.variance(i) > 0); });
    return columns;
  };
  const auto units = varying(residuals, session.regions);
  out.varies.assign(session.units.size(), false);
  for (const auto& region : units)
    for (const auto u : region) out.varies[u] = true;
  out.unit_pairs = mean_correlations(residuals, units, inflation);

  const Deviations populations = sums(residuals, session.regions);
  ColumnGroups one(session.regions.size());
  for (std::size_t g = 0; g < one.size(); ++g) one[g] = {g};
  out.population_pairs = mean_correlations(populations, varying(populations, one), inflation);
  for (auto& estimate : out.population_pairs) estimate.weight *= weight;
}

/// Of sorted counts the part that a count beats.
double part_below(const std::vector<double>& sorted, double count) {
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), count);
  return beaten(static_cast<double>(first - sorted.begin()), static_cast<double>(last - first)) /
         static_cast<double>(sorted.size());
}

/// One column's ROC area over the groups, whose weights sum to `total`; to `influence` [trials]
/// what each trial adds to its error.
double roc_area(const std::vector<double>& counts, std::size_t columns, std::size_t column,
                const std::vector<ChoiceGroup>& groups, double total,
                std::vector<double>& influence) {
  const auto count = [&](std::size_t k) { return counts[k * columns + column]; };
  const auto values = [&](const std::vector<std::size_t>& trials) {
    std::vector<double> sorted;
    for (const auto k : trials) sorted.push_back(count(k));
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };

  double area = 0;
  for (const auto& group : groups) {
    const auto left = values(group.left), right = values(group.right);
    double group_area = 0;
    for (const double value : left)
      group_area += part_below(right, value) / static_cast<double>(left.size());
    const double weight = group.weight / total;
    area += weight * group_area;

    // DeLong et al. (1988): a trial's placement among the other side's.
    const auto add = [&](const std::vector<std::size_t>& trials, const std::vector<double>& others,
                         double sign, double mean) {
      const auto n = static_cast<double>(trials.size());
      for (const auto k : trials)
        influence[k] +=
            weight * sign * (part_below(others, count(k)) - mean) / std::sqrt(n * (n - 1));
    };
    add(group.left, right, 1, group_area);
    add(group.right, left, -1, 1 - group_area);
  }
  return area;
}

double squares(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return sum;
}

void observed_choices(SessionStatistics& out, const std::vector<double>& counts,
                      const Session& session, const std::vector<ChoiceGroup>& groups) {
  const std::size_t U = session.units.size(), G = session.regions.size(), T = session.trials.size();
  out.mean_unit.resize(G);
  out.population.resize(G);
  out.unit.resize(U);
  if (groups.empty()) return;
  double total = 0;
  for (const auto& group : groups) total += group.weight;

  for (std::size_t g = 0; g < G; ++g) {
    const auto& units = session.regions[g];
    if (units.empty()) continue;
    const auto N = static_cast<double>(units.size());

    // Units share trials: the error of their mean is of the mean of their influences.
    std::vector<double> mean_influence(T), region_counts(T);
    double mean = 0;
    for (const auto u : units) {
      std::vector<double> influence(T);
      const double area = roc_area(counts, U, u, groups, total, influence);
      out.unit[u] = {1, area, squares(influence)};
      mean += area / N;
      for (std::size_t k = 0; k < T; ++k) {
        mean_influence[k] += influence[k] / N;
        region_counts[k] += counts[k * U + u];
      }
    }
    out.mean_unit[g] = {N, mean, squares(mean_influence)};

    std::vector<double> influence(T);
    const double area = roc_area(region_counts, 1, 0, groups, total, influence);
    out.population[g] = {total, area, squares(influence)};
  }
}

}  // namespace

SessionStatistics observed_statistics(const Dataset& data, const Session& session,
                                      const TrialGroups& groups, Window window) {
  const auto counts = counts_of(data, session, window);
  SessionStatistics out;
  observed_correlations(out, residuals_of(counts, session.units.size(), groups.equal), session,
                        groups.equal);
  observed_choices(out, counts, session, groups.choices);
  return out;
}

}  // namespace nnpoisson
