#include "wimmer/statistics.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>

#include "wimmer/conditions.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/spikes.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

const Population& population_named(const std::string& name) {
  return *std::find_if(populations.begin(), populations.end(),
                       [&](const auto& p) { return p.name == name; });
}

template <class Visit>
void each_spike(const TrialSpikes& trial, const Population& population, double from, double until,
                const Visit& visit) {
  for (const auto spike : spikes_around(population, trial)) {
    const int neuron = neuron_of(spike), step = step_of(spike);
    if (population.contains(neuron) && step >= steps_in(from) && step < steps_in(until))
      visit(neuron - population.first, step);
  }
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size() - 1);
}

}  // namespace

std::vector<TrialSpikes> simulate_trials(const Conditions& conditions, std::size_t count) {
  const TrialSimulator simulator(conditions, "");
  std::vector<TrialSpikes> trials(count);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t n = next++; n < count; n = next++) trials[n] = *simulator(n);
  };
  std::thread other(work);
  work();
  other.join();
  return trials;
}

Estimate estimate(const std::vector<double>& values) {
  return {mean_of(values), std::sqrt(variance_of(values) / static_cast<double>(values.size()))};
}

std::vector<double> rates(const std::vector<TrialSpikes>& trials, const std::string& name,
                          double from, double until) {
  const auto& population = population_named(name);
  std::vector<double> all;
  for (const auto& trial : trials) {
    double count = 0;
    each_spike(trial, population, from, until, [&](int, int) { ++count; });
    all.push_back(count / (population.end - population.first) / (until - from));
  }
  return all;
}

Counts stimulus_counts(const std::vector<TrialSpikes>& trials, const std::string& name) {
  const auto& population = population_named(name);
  Counts counts(static_cast<std::size_t>(population.end - population.first),
                std::vector<double>(trials.size(), 0));
  for (std::size_t n = 0; n < trials.size(); ++n)
    each_spike(trials[n], population, 0.5, 2.5,
               [&](int k, int) { ++counts[static_cast<std::size_t>(k)][n]; });
  return counts;
}

double fano_factor(const Counts& counts) {
  std::vector<double> all;
  for (const auto& of_neuron : counts)
    if (const double mean = mean_of(of_neuron); mean > 0)
      all.push_back(variance_of(of_neuron) / mean);
  return mean_of(all);
}

double mean_correlation(const Counts& counts) {
  // The sum over pairs is that of all standardised counts squared, less the neurons' own.
  std::vector<double> sum(counts.front().size(), 0);
  double varied = 0;
  for (const auto& of_neuron : counts) {
    const double mean = mean_of(of_neuron), deviation = std::sqrt(variance_of(of_neuron));
    if (deviation == 0) continue;
    ++varied;
    for (std::size_t n = 0; n < sum.size(); ++n) sum[n] += (of_neuron[n] - mean) / deviation;
  }
  double squares = 0;
  for (const double s : sum) squares += s * s;
  return (squares / static_cast<double>(sum.size() - 1) - varied) / (varied * (varied - 1));
}

std::vector<double> interval_cv(const std::vector<TrialSpikes>& trials) {
  std::vector<double> all;
  for (const auto& trial : trials) {
    double sum = 0;
    for (const char* name : {"SE1", "SE2"}) {
      std::vector<std::vector<double>> times(sensory_half);
      each_spike(trial, population_named(name), 0.5, 2.5,
                 [&](int k, int step) { times[static_cast<std::size_t>(k)].push_back(step); });
      std::vector<double> of_trains;
      for (auto& train : times) {
        if (train.size() < 9) continue;
        std::adjacent_difference(train.begin(), train.end(), train.begin());
        train.erase(train.begin());
        of_trains.push_back(std::sqrt(variance_of(train)) / mean_of(train));
      }
      sum += mean_of(of_trains);
    }
    all.push_back(sum / 2);
  }
  return all;
}

Estimate jackknife(const Counts& counts, double (*statistic)(const Counts&)) {
  std::vector<double> without;
  const std::size_t trials = counts.front().size();
  for (std::size_t n = 0; n < trials; ++n) {
    auto others = counts;
    for (auto& of_neuron : others)
      of_neuron.erase(of_neuron.begin() + static_cast<std::ptrdiff_t>(n));
    without.push_back(statistic(others));
  }
  const auto n = static_cast<double>(trials);
  return {statistic(counts), std::sqrt(variance_of(without) * (n - 1) * (n - 1) / n)};
}

}  // namespace nnpoisson::wimmer
