#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "baselines/session_units.hpp"
#include "baselines/workers.hpp"
#include "curves/group_likelihoods.hpp"
#include "nnpoisson/neuron_evaluation.hpp"

/// Spikes under a latent that a trial's units share: what the model by neuron and the baseline with
/// the same gains have in common.
namespace nnpoisson {

/// Log-likelihoods of a dataset's spikes under one model, nats.
struct SpikeLikelihoods {
  std::vector<double> all;                          ///< [T]
  std::vector<double> region, region_given_others;  ///< [T x G]
  std::vector<double> unit, unit_given_others;      ///< [cells]
};
/// `parts(n)`: of trial n, units in the order of the dataset; may be called from several threads.
[[nodiscard]] SpikeLikelihoods spike_likelihoods(
    const SessionUnits& units, const std::function<SpikeParts(std::size_t)>& parts,
    const std::string& phase, Workers& workers);

/// Counts of every unit, and log-likelihoods at its constant rate, [cells] each.
struct ConstantLikelihoods {
  std::vector<double> spikes, log_likelihood;
};
/// `rate`: [U of the dataset] Hz.
[[nodiscard]] ConstantLikelihoods constant_likelihoods(const SessionUnits& units,
                                                       std::span<const double> rate);

/// Trial by trial, the sums of `values` [cells] over all units, or over those of each region.
[[nodiscard]] std::vector<double> over_units(const SessionUnits& units,
                                             std::span<const double> values);
[[nodiscard]] std::vector<double> over_regions(const SessionUnits& units,
                                               std::span<const double> values);

/// Those of unit u, by trial of its session.
[[nodiscard]] std::vector<double> of_unit(const SessionUnits& units, std::span<const double> values,
                                          std::size_t u);

/// Column `at` of values [T x width].
[[nodiscard]] std::vector<double> column_of(std::span<const double> values, std::size_t width,
                                            std::size_t at);

/// Bits a spike of `over` beyond `under`, both [T] in nats.
[[nodiscard]] TrialMean bits_over(std::span<const double> over, std::span<const double> under,
                                  std::span<const double> spikes);

}  // namespace nnpoisson
