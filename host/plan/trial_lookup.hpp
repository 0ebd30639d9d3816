#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nnpoisson/plan.hpp"

namespace nnpoisson {

/// What a plan asks of a dataset's trials again and again. The dataset must outlive it.
class TrialLookup {
 public:
  TrialLookup(const Dataset& data, Preset preset, NeuralTime neural_time);

  [[nodiscard]] const Dataset& data() const { return data_; }

  /// The different stimuli, [S x F], in the order in which trials first have them.
  [[nodiscard]] const std::vector<double>& distinct_stimuli() const { return distinct_stimuli_; }
  /// The row of distinct_stimuli() that trial n has.
  [[nodiscard]] std::uint32_t stimulus(std::size_t n) const { return stimulus_[n]; }

  /// kappa: what turns time since onset into the network's time.
  [[nodiscard]] double scale(std::size_t n) const {
    return time_scale(neural_time_, data_.time_limit, data_.trial.observed_until[n]);
  }
  /// The network's time of the end of trial n; exactly W where time is scaled, so that such points
  /// merge.
  [[nodiscard]] double end(std::size_t n) const {
    return neural_time_ == NeuralTime::scaled ? data_.time_limit : data_.trial.observed_until[n];
  }

  /// How many units of a region are exposed in trial n.
  [[nodiscard]] std::int32_t units_in(std::size_t n, std::size_t region) const {
    return units_by_region_[session(n) * data_.regions() + region];
  }

 private:
  void number_stimuli();
  [[nodiscard]] std::size_t session(std::size_t n) const {
    return static_cast<std::size_t>(data_.trial.session[n]);
  }

  const Dataset& data_;
  NeuralTime neural_time_;
  std::vector<std::int32_t> units_by_region_;  ///< [sessions x regions]
  std::vector<double> distinct_stimuli_;
  std::vector<std::uint32_t> stimulus_;  ///< [T]
};

}  // namespace nnpoisson
