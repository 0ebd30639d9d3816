#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "baselines/session_units.hpp"
#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"
#include "nnpoisson/baselines.hpp"

namespace nnpoisson {

/// Spikes of every unit in every trial of its session. No two units of a session may read the same
/// column.
struct ColumnCounts {
  SessionUnits units;
  std::size_t columns;
  std::vector<double> count;  ///< [cells]

  /// visit(column, count) for each unit of trial n.
  template <class Visit>
  void each(std::size_t n, const Visit& visit) const {
    for (const auto u : units.of_trial(n).unit) visit(units.column()[u], count[units.cell(n, u)]);
  }
};
[[nodiscard]] ColumnCounts column_counts(const BaselineTrials& trials, std::size_t columns);

/// Logistic regression of the choice of answered trials on the stimulus and the counts of all
/// columns: P(left) = logistic(w_0 + w s + v z), z the counts standardised over the trials fitted
/// that have the column, 0 in other trials. Penalty: stimulus_ridge / 2 |w|^2 + ridge / 2 |v|^2.
class CountLogistic {
 public:
  /// Fitted on the answered ones of `fitted`, numbers of trials.
  CountLogistic(const BaselineTrials& trials, const ColumnCounts& counts,
                const std::vector<std::size_t>& fitted, double stimulus_ridge, double ridge,
                const Workers& workers);

  /// log-odds of left in a trial of any dataset with these columns.
  [[nodiscard]] double log_odds(std::span<const double> stimulus, const ColumnCounts& counts,
                                std::size_t trial) const;

 private:
  std::vector<double> mean_, scale_;  // [columns]
  std::vector<double> weights_;       // w_0, w, v
};

/// Cross-validated log-likelihoods of answered trials at each of the ridges; `fold`: [T].
[[nodiscard]] std::vector<RidgeTrial> cross_validate_counts(
    const BaselineTrials& trials, const ColumnCounts& counts, std::span<const std::int32_t> fold,
    double stimulus_ridge, std::span<const double> ridges, Workers& workers);

/// log logistic(x): of an answer left at log-odds x of it.
[[nodiscard]] double log_logistic(double x);

/// The best of them; the first where several are.
[[nodiscard]] double best_ridge(std::span<const RidgeTrial> tried);

}  // namespace nnpoisson
