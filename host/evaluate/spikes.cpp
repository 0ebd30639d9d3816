#include "evaluate/spikes.hpp"

#include <algorithm>

#include "evaluate/psth.hpp"
#include "evaluate/spike_scores.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

/// Rescaled intervals of each unit, ascending; [U].
std::vector<std::vector<double>> rescaled_by_unit(const Dataset& data,
                                                  const std::vector<double>& rescaled,
                                                  Workers& workers) {
  std::vector<std::vector<double>> by_unit(data.units());
  for (std::size_t i = 0; i < rescaled.size(); ++i)
    by_unit[static_cast<std::size_t>(data.spike.unit[i])].push_back(rescaled[i]);
  workers.for_each("time rescaling: units", data.units(),
                   [&](std::size_t u) { std::sort(by_unit[u].begin(), by_unit[u].end()); });
  return by_unit;
}

std::vector<UnitEvaluation> evaluate_units(const Dataset& data, const ObservedSpikes& seen,
                                           const std::vector<JudgedModel>& judged,
                                           const std::vector<std::vector<double>>& rescaled,
                                           Workers& workers) {
  const UnitTotals totals = unit_totals(data);
  std::vector<UnitEvaluation> units(data.units());
  workers.for_each("scores: units", data.units(), [&](std::size_t u) {
    units[u] = {data.session_names[static_cast<std::size_t>(data.unit.session[u])],
                data.unit.id[u],
                static_cast<std::size_t>(data.unit.region[u]),
                static_cast<std::uint64_t>(totals.events[u]),
                totals.exposure[u],
                ks_distance_from_uniform(rescaled[u]),
                ks_band(rescaled[u].size()),
                score_unit(u, totals.events[u], seen, judged)};
  });
  return units;
}

/// What a region's units have together: their number, spikes, exposure and rescaled intervals.
void add_units(RegionEvaluation& region, std::size_t g, const std::vector<UnitEvaluation>& units,
               const std::vector<std::vector<double>>& rescaled) {
  std::vector<double> intervals;
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (units[u].region != g) continue;
    ++region.units;
    region.spikes += units[u].spikes;
    region.exposure += units[u].exposure;
    intervals.insert(intervals.end(), rescaled[u].begin(), rescaled[u].end());
  }

  constexpr std::size_t shown = 200;
  std::sort(intervals.begin(), intervals.end());
  region.ks = ks_distance_from_uniform(intervals);
  region.ks_band = ks_band(intervals.size());
  region.quantiles = quantile_plot(intervals, shown);
}

/// A region's sums over trials, of each model.
struct RegionSums {
  double saturated = 0;
  std::vector<SpikeSums> of_model;

  RegionSums& operator+=(const RegionSums& other) {
    saturated += other.saturated;
    for (std::size_t m = 0; m < of_model.size(); ++m) of_model[m] += other.of_model[m];
    return *this;
  }
};

RegionSums sum_over_trials(std::size_t g, const Dataset& data, const ObservedSpikes& seen,
                           const std::vector<JudgedModel>& judged) {
  RegionSums sums{0, std::vector<SpikeSums>(judged.size())};
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const std::size_t row = n * data.regions() + g;
    sums.saturated += seen.saturated[row];
    for (std::size_t m = 0; m < judged.size(); ++m)
      sums.of_model[m] += judged[m].pass.by_region[row];
  }
  return sums;
}

/// `parts`: [models][score_parts].
SpikeScores scores_of(const RegionSums& sums, const std::vector<JudgedModel>& judged,
                      std::span<const Estimate> parts) {
  SpikeScores scores;
  for (std::size_t m = 0; m < judged.size(); ++m)
    scores.push_back(spike_score(judged[m].model, sums.of_model[m], sums.saturated,
                                 parts.subspan(m * score_parts, score_parts)));
  return scores;
}

}  // namespace

void evaluate_spikes(Evaluation& evaluation, const SessionUnits& units, const TimeGrid& grid,
                     const std::vector<JudgedModel>& judged, const Conditions& conditions,
                     const EvaluationOptions& options, Workers& workers) {
  const Dataset& data = units.data();
  const SpikePass& network = judged.front().pass;
  const ObservedSpikes seen = observe_spikes(units, grid, workers);
  const auto rescaled = rescaled_by_unit(data, network.rescaled, workers);
  evaluation.units = evaluate_units(data, seen, judged, rescaled, workers);

  const auto groups = group_trials(data, conditions);
  for (const auto& group : groups) evaluation.groups.push_back(group.group);

  const auto estimates = score_regions(data, seen, judged, options, workers);
  const auto parts = [&](std::size_t g) {
    const std::size_t count = judged.size() * score_parts;
    return std::span(estimates).subspan(g * count, count);
  };

  // Each region by itself, then all together.
  const auto members = units_by_session_and_region(data);
  const BinnedSpikes binned{data.regions(), members, seen.binned, network.binned};
  evaluation.regions.resize(data.regions());
  std::vector<RegionSums> sums(data.regions());
  const auto evaluate_region = [&](std::size_t g) {
    auto& region = evaluation.regions[g];
    region.name = data.region_names[g];
    add_units(region, g, evaluation.units, rescaled);
    for (const auto& group : groups)
      region.psth.push_back(peristimulus(data, g, group.trials, binned, grid));

    sums[g] = sum_over_trials(g, data, seen, judged);
    region.scores = scores_of(sums[g], judged, parts(g));
    const SpikeScore &of_network = region.scores.front(), &constant = region.scores.back();
    region.log_likelihood = of_network.log_likelihood;
    region.expected = of_network.expected;
    region.bits_per_spike = of_network.bits_per_spike.value;
    region.null_log_likelihood = constant.log_likelihood;
    region.null_rate = constant.expected / region.exposure;
  };
  workers.for_each("PSTHs and scores: regions", data.regions(), evaluate_region, 1);

  RegionSums all{0, std::vector<SpikeSums>(judged.size())};
  for (std::size_t g = 0; g < data.regions(); ++g) {
    all += sums[g];
    evaluation.spikes += evaluation.regions[g].spikes;
  }
  evaluation.scores = scores_of(all, judged, parts(data.regions()));
  evaluation.log_likelihood = evaluation.scores.front().log_likelihood;
  evaluation.null_log_likelihood = evaluation.scores.back().log_likelihood;
  evaluation.bits_per_spike = evaluation.scores.front().bits_per_spike.value;
}

}  // namespace nnpoisson
