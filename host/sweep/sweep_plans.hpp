#pragma once

#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fit/fit_loop.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/sweep.hpp"
#include "plan/points.hpp"
#include "sweep/grid.hpp"

namespace nnpoisson {

/// The plans that the fits of a sweep need, made when they are asked for. Threads may ask at the
/// same time.
class SweepPlans {
 public:
  /// Reads. Throws DataError, UsageError where the test set or the settings do not fit the training
  /// set. `plans`: so many are kept for later fits.
  SweepPlans(const SweepRequest& request, std::size_t plans);

  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] std::size_t trials() const { return training_.trials(); }
  /// Shape and plans of a configuration on a fold: all other trials to train on, those of the fold
  /// for validation.
  [[nodiscard]] FitPlans plans_of(const Grid::Configuration& configuration, int fold);

 private:
  [[nodiscard]] FitPlans neuron_plans(const Settings& settings, const Settings& held_out,
                                      std::size_t fold) const;
  using SharedPlan = std::shared_ptr<const Plan>;
  /// The plan of that name, made if it is not kept.
  template <class Make>
  SharedPlan plan(const std::string& name, const Make& make);

  const SweepRequest& request_;
  Settings base_;
  Dataset training_;
  std::optional<Dataset> test_;
  std::uint64_t fingerprint_ = 0;
  std::vector<std::vector<std::int32_t>> inside_, outside_;  // trials of each fold, and all others
  std::shared_ptr<const PointMerger> merger_;
  std::size_t most_plans_;
  std::mutex mutex_;
  std::deque<std::pair<std::string, std::shared_future<SharedPlan>>> plans_;  // the latest first
};

}  // namespace nnpoisson
