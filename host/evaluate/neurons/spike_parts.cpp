#include "evaluate/neurons/spike_parts.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace nnpoisson {

SpikeLikelihoods spike_likelihoods(const SessionUnits& units,
                                   const std::function<SpikeParts(std::size_t)>& parts,
                                   const std::string& phase, Workers& workers) {
  const Dataset& data = units.data();
  const std::size_t T = data.trials(), G = data.regions();
  SpikeLikelihoods result;
  result.all.resize(T);
  for (auto* values : {&result.region, &result.region_given_others}) values->resize(T * G);
  for (auto* values : {&result.unit, &result.unit_given_others}) values->resize(units.cells());

  const auto judge = [&](std::size_t n) {
    const SpikeParts of_trial = parts(n);
    const auto& mine = units.of_trial(n).unit;
    std::vector<std::size_t> place(mine.size()), region;
    std::iota(place.begin(), place.end(), std::size_t{0});
    for (const auto u : mine) region.push_back(static_cast<std::size_t>(data.unit.region[u]));

    const std::vector<std::size_t> together(mine.size());
    result.all[n] = group_likelihoods(of_trial, together, 1).alone[0];
    const auto by_region = group_likelihoods(of_trial, region, G);
    const auto at = static_cast<std::ptrdiff_t>(n * G);
    std::ranges::copy(by_region.alone, result.region.begin() + at);
    std::ranges::copy(by_region.given_others, result.region_given_others.begin() + at);
    const auto by_unit = group_likelihoods(of_trial, place, mine.size());
    const auto first = static_cast<std::ptrdiff_t>(units.first_cell(n));
    std::ranges::copy(by_unit.alone, result.unit.begin() + first);
    std::ranges::copy(by_unit.given_others, result.unit_given_others.begin() + first);
  };
  workers.for_each(phase, T, judge, 1);
  return result;
}

ConstantLikelihoods constant_likelihoods(const SessionUnits& units, std::span<const double> rate) {
  const Dataset& data = units.data();
  ConstantLikelihoods result{std::vector<double>(units.cells()),
                             std::vector<double>(units.cells())};
  const auto add = [&](std::size_t n, std::int32_t unit, double count, double log_seconds) {
    const auto u = static_cast<std::size_t>(unit);
    result.spikes[units.cell(n, u)] += count;
    result.log_likelihood[units.cell(n, u)] +=
        count * (std::log(rate[u]) + log_seconds) - std::lgamma(count + 1);
  };
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const double until = data.trial.observed_until[n];
    for (const auto u : units.of_trial(n).unit)
      result.log_likelihood[units.cell(n, u)] = -rate[u] * until;
    if (!data.binned()) {
      for (auto i = data.spike.offset[n]; i < data.spike.offset[n + 1]; ++i)
        add(n, data.spike.unit[static_cast<std::size_t>(i)], 1, 0);
      continue;
    }
    for (auto i = data.count.offset[n]; i < data.count.offset[n + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double begin = data.count.bin[at] * data.bin_width;
      add(n, data.count.unit[at], data.count.value[at],
          std::log(std::min(begin + data.bin_width, until) - begin));
    }
  }
  return result;
}

std::vector<double> over_units(const SessionUnits& units, std::span<const double> values) {
  std::vector<double> sums(units.data().trials());
  for (std::size_t n = 0; n < sums.size(); ++n)
    for (const auto u : units.of_trial(n).unit) sums[n] += values[units.cell(n, u)];
  return sums;
}

std::vector<double> over_regions(const SessionUnits& units, std::span<const double> values) {
  const Dataset& data = units.data();
  const std::size_t G = data.regions();
  std::vector<double> sums(data.trials() * G);
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (const auto u : units.of_trial(n).unit)
      sums[n * G + static_cast<std::size_t>(data.unit.region[u])] += values[units.cell(n, u)];
  return sums;
}

std::vector<double> of_unit(const SessionUnits& units, std::span<const double> values,
                            std::size_t u) {
  std::vector<double> mine;
  for (const auto n : units.of_unit(u).trial) mine.push_back(values[units.cell(n, u)]);
  return mine;
}

std::vector<double> column_of(std::span<const double> values, std::size_t width, std::size_t at) {
  std::vector<double> column;
  for (std::size_t i = at; i < values.size(); i += width) column.push_back(values[i]);
  return column;
}

TrialMean bits_over(std::span<const double> over, std::span<const double> under,
                    std::span<const double> spikes) {
  std::vector<double> bits;
  for (std::size_t n = 0; n < over.size(); ++n)
    bits.push_back((over[n] - under[n]) / std::numbers::ln2);
  return trial_ratio(bits, spikes);
}

}  // namespace nnpoisson
