#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// The trials of a dataset as baselines read them.
struct BaselineTrials {
  const Dataset* data = nullptr;
  std::vector<std::size_t> column;            ///< [U] of each unit
  std::vector<std::vector<double>> stimulus;  ///< [T][F]
};

/// Which trials a baseline is fitted on. A trial is never judged by a fit that saw it.
struct TrainingSets {
  BaselineTrials trials;  ///< those that are fitted
  /// [T of trials] the one set that leaves the trial out; empty: the only set has all.
  std::vector<std::size_t> left_out_fold;
  /// [T evaluated] the set whose fit judges each evaluated trial.
  std::vector<std::size_t> judged_by;
  std::size_t sets = 1;

  /// The set holds trial n of `trials`.
  [[nodiscard]] bool holds(std::size_t set, std::size_t n) const {
    return left_out_fold.empty() || left_out_fold[n] != set;
  }
};

/// All of `training`, for all of `evaluated`.
[[nodiscard]] TrainingSets fit_elsewhere(BaselineTrials training, const BaselineTrials& evaluated);

/// `folds` sets, each without the trials of its fold, which it judges; folds are drawn within
/// sessions. Throws UsageError where a fold would be empty.
[[nodiscard]] TrainingSets cross_validate(const BaselineTrials& evaluated, std::size_t folds,
                                          std::uint64_t seed);

}  // namespace nnpoisson
