#pragma once

#include <string>
#include <vector>

#include "nnpoisson/wimmer.hpp"

/// Statistics of simulated trials, defined as in the published reference statistics
/// (shared/wimmer/stats.json).
namespace nnpoisson::wimmer {

/// Trials 0 to count - 1, simulated on two threads.
[[nodiscard]] std::vector<TrialSpikes> simulate_trials(const Conditions& conditions,
                                                       std::size_t count);

/// A mean over trials and its standard error.
struct Estimate {
  double mean = 0, error = 0;
};
[[nodiscard]] Estimate estimate(const std::vector<double>& values);

/// Hz a neuron of the named population in [from, until) s of each trial.
[[nodiscard]] std::vector<double> rates(const std::vector<TrialSpikes>& trials,
                                        const std::string& population, double from, double until);

/// Spike counts in 0.5 to 2.5 s, [neurons of the population][trials].
using Counts = std::vector<std::vector<double>>;
[[nodiscard]] Counts stimulus_counts(const std::vector<TrialSpikes>& trials,
                                     const std::string& population);

/// Fano factor across trials, of counts by neuron, averaged over the neurons that fired.
[[nodiscard]] double fano_factor(const Counts& counts);
/// Pearson's r across trials, averaged over all pairs of neurons that varied.
[[nodiscard]] double mean_correlation(const Counts& counts);
/// Of each trial: coefficient of variation of the intervals between spikes in 0.5 to 2.5 s,
/// averaged over the trains of SE1 and of SE2 with at least 8 intervals, and over the two.
[[nodiscard]] std::vector<double> interval_cv(const std::vector<TrialSpikes>& trials);

/// A statistic of counts with its standard error by leaving out one trial after another
/// (jackknife).
[[nodiscard]] Estimate jackknife(const Counts& counts, double (*statistic)(const Counts&));

}  // namespace nnpoisson::wimmer
