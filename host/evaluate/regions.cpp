#include <algorithm>
#include <utility>

#include "curves/parallel.hpp"
#include "evaluate/bootstrap.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/psth.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

struct Fit {
  double log_likelihood = 0, deviance = 0;
};

/// bits a spike, pseudo-R2, then the network's over this model; models of `fits` as
/// Evaluation::models.
constexpr std::size_t kinds = 4;
void score(std::span<const Fit> fits, double spikes, std::span<double> out) {
  for (std::size_t m = 0; m < fits.size(); ++m) {
    out[m * kinds] = bits_per_event(fits[m].log_likelihood, fits.back().log_likelihood, spikes);
    out[m * kinds + 1] = pseudo_r2(fits[m].deviance, fits.back().deviance);
    out[m * kinds + 2] =
        bits_per_event(fits.front().log_likelihood, fits[m].log_likelihood, spikes);
    out[m * kinds + 3] = pseudo_r2(fits.front().deviance, fits[m].deviance);
  }
}

SpikeScore spike_score(const SpikeSums& sums, double saturated, std::span<const Estimate> scored) {
  return {sums.log_likelihood(),
          sums.expected,
          sums.deviance(saturated),
          scored[0],
          scored[1],
          scored[2],
          scored[3]};
}

/// Scores of all regions, and of all together at the end, over resampled trials: [G +
/// 1][models][kinds].
std::vector<Estimate> score_regions(const Dataset& data, const ObservedSpikes& seen,
                                    const std::vector<SpikePass>& passes,
                                    const EvaluationOptions& options) {
  const std::size_t regions = data.regions(), models = passes.size();
  std::vector<Fit> of_trial(data.trials() * regions * models);
  for (std::size_t row = 0; row < data.trials() * regions; ++row)
    for (std::size_t m = 0; m < models; ++m) {
      const SpikeSums& sums = passes[m].by_region[row];
      of_trial[row * models + m] = {sums.log_likelihood(), sums.deviance(seen.saturated[row])};
    }
  return bootstrap(data, options, (regions + 1) * models * kinds,
                   [&](std::span<const double> weight, std::span<double> out) {
                     std::vector<Fit> fits((regions + 1) * models);
                     std::vector<double> spikes(regions + 1);
                     for (std::size_t n = 0; n < data.trials(); ++n) {
                       if (weight[n] == 0) continue;
                       for (std::size_t g = 0; g < regions; ++g) {
                         spikes[g] += weight[n] * seen.spikes[n * regions + g];
                         for (std::size_t m = 0; m < models; ++m) {
                           fits[g * models + m].log_likelihood +=
                               weight[n] * of_trial[(n * regions + g) * models + m].log_likelihood;
                           fits[g * models + m].deviance +=
                               weight[n] * of_trial[(n * regions + g) * models + m].deviance;
                         }
                       }
                     }
                     for (std::size_t g = 0; g < regions; ++g) {
                       spikes[regions] += spikes[g];
                       for (std::size_t m = 0; m < models; ++m) {
                         fits[regions * models + m].log_likelihood +=
                             fits[g * models + m].log_likelihood;
                         fits[regions * models + m].deviance += fits[g * models + m].deviance;
                       }
                     }
                     for (std::size_t g = 0; g <= regions; ++g)
                       score(std::span(fits).subspan(g * models, models), spikes[g],
                             out.subspan(g * models * kinds, models * kinds));
                   });
}

/// Rescaled intervals of each unit, ascending.
std::vector<std::vector<double>> rescaled_by_unit(const Dataset& data,
                                                  const std::vector<double>& rescaled,
                                                  int threads) {
  std::vector<std::vector<double>> by_unit(data.units());
  for (std::size_t i = 0; i < rescaled.size(); ++i)
    by_unit[static_cast<std::size_t>(data.spike.unit[i])].push_back(rescaled[i]);
  for_each_in_parallel(data.units(), threads,
                       [&](std::size_t u) { std::sort(by_unit[u].begin(), by_unit[u].end()); });
  return by_unit;
}

std::vector<UnitEvaluation> units_of(const Dataset& data, const ObservedSpikes& seen,
                                     const std::vector<SpikePass>& passes,
                                     const std::vector<std::vector<double>>& rescaled,
                                     int threads) {
  const UnitTotals totals = unit_totals(data);
  std::vector<UnitEvaluation> units(data.units());
  for_each_in_parallel(data.units(), threads, [&](std::size_t u) {
    auto& unit = units[u];
    unit = {data.session_names[static_cast<std::size_t>(data.unit.session[u])],
            data.unit.id[u],
            static_cast<std::size_t>(data.unit.region[u]),
            static_cast<std::uint64_t>(totals.events[u]),
            totals.exposure[u],
            ks_distance_from_uniform(rescaled[u]),
            ks_band(rescaled[u].size()),
            {}};
    std::vector<Fit> fits;
    for (const auto& pass : passes)
      fits.push_back(
          {pass.by_unit[u].log_likelihood(), pass.by_unit[u].deviance(seen.unit_saturated[u])});
    std::vector<double> values(passes.size() * kinds);
    score(fits, totals.events[u], values);
    for (std::size_t m = 0; m < passes.size(); ++m) {
      std::vector<Estimate> scored(kinds);
      for (std::size_t k = 0; k < kinds; ++k) scored[k].value = values[m * kinds + k];
      unit.scores.push_back(spike_score(passes[m].by_unit[u], seen.unit_saturated[u], scored));
    }
  });
  return units;
}

}  // namespace

void evaluate_spikes(Evaluation& evaluation, const SessionUnits& units, const TimeGrid& grid,
                     const std::vector<SpikePass>& passes, const Conditions& conditions,
                     const EvaluationOptions& options) {
  const Dataset& data = units.data();
  const std::size_t regions = data.regions(), models = passes.size();
  const ObservedSpikes seen = observe_spikes(units, grid, options.threads);
  const auto groups = group_trials(data, conditions);
  for (const auto& group : groups) evaluation.groups.push_back(group.group);
  const auto rescaled = rescaled_by_unit(data, passes.front().rescaled, options.threads);
  evaluation.units = units_of(data, seen, passes, rescaled, options.threads);
  const auto scored = score_regions(data, seen, passes, options);
  const auto members = units_by_session_and_region(data);

  std::vector<SpikeSums> all(models);
  double all_saturated = 0;
  evaluation.regions.resize(regions);
  for_each_in_parallel(
      regions, options.threads,
      [&](std::size_t g) {
        auto& region = evaluation.regions[g];
        std::vector<double> intervals;
        for (std::size_t u = 0; u < data.units(); ++u)
          if (evaluation.units[u].region == g)
            intervals.insert(intervals.end(), rescaled[u].begin(), rescaled[u].end());
        std::sort(intervals.begin(), intervals.end());
        region.ks = ks_distance_from_uniform(intervals);
        region.ks_band = ks_band(intervals.size());
        constexpr std::size_t shown = 200;
        region.quantiles = quantile_plot(intervals, shown);
        for (const auto& group : groups)
          region.psth.push_back(
              peristimulus(data, g, group.trials, members, grid, seen, passes.front()));
      },
      1);
  for (std::size_t g = 0; g < regions; ++g) {
    auto& region = evaluation.regions[g];
    region.name = data.region_names[g];
    for (const auto& unit : evaluation.units) {
      if (unit.region != g) continue;
      ++region.units;
      region.spikes += unit.spikes;
      region.exposure += unit.exposure;
    }
    double saturated = 0;
    for (std::size_t n = 0; n < data.trials(); ++n) saturated += seen.saturated[n * regions + g];
    for (std::size_t m = 0; m < models; ++m) {
      SpikeSums sums;
      for (std::size_t n = 0; n < data.trials(); ++n) sums += passes[m].by_region[n * regions + g];
      region.scores.push_back(
          spike_score(sums, saturated, std::span(scored).subspan((g * models + m) * kinds, kinds)));
      all[m] += sums;
    }
    all_saturated += saturated;
    region.log_likelihood = region.scores.front().log_likelihood;
    region.expected = region.scores.front().expected;
    region.null_log_likelihood = region.scores.back().log_likelihood;
    region.null_rate = region.scores.back().expected / region.exposure;
    region.bits_per_spike = region.scores.front().bits_per_spike.value;
    evaluation.spikes += region.spikes;
  }
  for (std::size_t m = 0; m < models; ++m)
    evaluation.scores.push_back(spike_score(
        all[m], all_saturated, std::span(scored).subspan((regions * models + m) * kinds, kinds)));
  evaluation.log_likelihood = evaluation.scores.front().log_likelihood;
  evaluation.null_log_likelihood = evaluation.scores.back().log_likelihood;
  evaluation.bits_per_spike = evaluation.scores.front().bits_per_spike.value;
}

}  // namespace nnpoisson
