#include <algorithm>
#include <map>

#include "correlations/deviations.hpp"
#include "correlations/response_mixture.hpp"
#include "correlations/session_statistics.hpp"

namespace nnpoisson {
namespace {

/// The network's columns that a session's units read. Units that share one share its numbers.
struct SessionColumns {
  std::vector<std::size_t> network;  ///< [C] distinct columns of the network
  std::vector<std::size_t> of_unit;  ///< [units of the session] places in `network`
};

SessionColumns session_columns(const MatchedTrials& trials, const Session& session) {
  std::map<std::size_t, std::size_t> places;
  for (const auto u : session.units) places.emplace(trials.column(u), places.size());
  SessionColumns columns{std::vector<std::size_t>(places.size()), {}};
  for (const auto& [column, place] : places) columns.network[place] = column;
  for (const auto u : session.units) columns.of_unit.push_back(places.at(trials.column(u)));
  return columns;
}

/// What a group's mixture adds to the units' deviations from their mean counts: a row for each
/// node.
void add_deviations(Deviations& deviations, const ResponseMixture& mixture, double weight,
                    const std::vector<std::size_t>& column_of_unit) {
  std::vector<double> mean(mixture.columns);
  for (std::size_t q = 0; q < mixture.size(); ++q)
    for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += mixture.any(q) * mixture.mean_of(q, c);

  for (std::size_t q = 0; q < mixture.size(); ++q) {
    deviations.weight.push_back(weight * mixture.any(q));
    for (const auto c : column_of_unit) deviations.value.push_back(mixture.mean_of(q, c) - mean[c]);
  }
  for (std::size_t u = 0; u < column_of_unit.size(); ++u)
    deviations.independent[u] += weight * mean[column_of_unit[u]];
}

void implied_correlations(SessionStatistics& out, const Deviations& deviations,
                          const Session& session, double freedom, const std::vector<bool>& varies) {
  // Only what varies in the recording, and only its regions.
  const std::size_t G = session.regions.size();
  ColumnGroups units = session.regions, one(G);
  for (std::size_t g = 0; g < G; ++g) {
    std::erase_if(units[g], [&](std::size_t u) { return !varies[u]; });
    if (!units[g].empty()) one[g] = {g};
  }
  out.unit_pairs = mean_correlations(deviations, units, 1);
  out.population_pairs = mean_correlations(sums(deviations, session.regions), one, 1);
  for (auto& estimate : out.population_pairs) estimate.weight *= freedom;
}

/// What a group adds to ROC areas: to those of columns, and to those of regions' summed counts.
void add_areas(std::vector<double>& column_areas, std::vector<SessionEstimate>& regions,
               const ResponseMixture& mixture, double weight, const Session& session,
               const std::vector<std::size_t>& column_of_unit) {
  std::vector<double> mean(mixture.size());
  for (std::size_t c = 0; c < column_areas.size(); ++c) {
    for (std::size_t q = 0; q < mixture.size(); ++q) mean[q] = mixture.mean_of(q, c);
    column_areas[c] += weight * roc_area(mixture, mean);
  }

  for (std::size_t g = 0; g < regions.size(); ++g) {
    if (session.regions[g].empty()) continue;
    std::fill(mean.begin(), mean.end(), 0);
    for (const auto u : session.regions[g])
      for (std::size_t q = 0; q < mixture.size(); ++q)
        mean[q] += mixture.mean_of(q, column_of_unit[u]);
    regions[g].value += weight * roc_area(mixture, mean);
  }
}

}  // namespace

SessionStatistics implied_statistics(const Model& model, const MatchedTrials& trials,
                                     const Session& session, const TrialGroups& groups,
                                     Window window, const std::vector<bool>& varies,
                                     ProgressCounter& progress) {
  const std::size_t U = session.units.size(), G = session.regions.size();
  const auto [columns, column_of_unit] = session_columns(trials, session);
  SessionStatistics out;

  // Correlations: means over stimuli, each with the recording's weight.
  Deviations deviations{.columns = U, .independent = std::vector<double>(U)};
  double freedom = 0;
  for (const auto& group : groups.equal) {
    const auto mixture = response_mixture(model, group.stimulus, window, columns);
    add_deviations(deviations, mixture, group.weight, column_of_unit);
    freedom += group.weight;
    progress.count();
  }
  implied_correlations(out, deviations, session, freedom, varies);

  // Choice probabilities in the same way; there may be none.
  out.mean_unit.resize(G);
  out.population.resize(G);
  out.unit.resize(U);
  if (groups.choices.empty()) return out;
  double total = 0;
  for (const auto& group : groups.choices) total += group.weight;
  for (std::size_t g = 0; g < G; ++g)
    if (!session.regions[g].empty()) {
      out.mean_unit[g] = {static_cast<double>(session.regions[g].size()), 0, 0};
      out.population[g] = {total, 0, 0};
    }
  std::vector<double> area(columns.size());
  for (const auto& group : groups.choices) {
    const auto mixture = response_mixture(model, group.stimulus, window, columns);
    add_areas(area, out.population, mixture, group.weight / total, session, column_of_unit);
    progress.count();
  }
  for (std::size_t g = 0; g < G; ++g)
    for (const auto u : session.regions[g]) {
      out.unit[u] = {1, area[column_of_unit[u]], 0};
      out.mean_unit[g].value += area[column_of_unit[u]] / out.mean_unit[g].weight;
    }
  return out;
}

}  // namespace nnpoisson
