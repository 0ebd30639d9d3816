#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "baselines/time_grid.hpp"
#include "baselines/training_sets.hpp"

namespace nnpoisson {

/// Spikes and exposure of a column by distinct stimulus and bin, in each training set: all that the
/// GLM and the PSTH read of the training trials.
class ColumnTotals {
 public:
  /// `sets` must outlive it. `columns`: how many there are.
  ColumnTotals(const TrainingSets& sets, std::size_t columns, const TimeGrid& grid);

  struct Table {
    std::vector<double> events, exposure;  ///< [stimuli x bins]; exposure in s, summed over units
    /// Hz, at least the floor of every intensity; as if `more` events had been seen.
    [[nodiscard]] double constant_rate(double more = 0) const;
  };
  /// [sets]
  [[nodiscard]] std::vector<Table> tables(std::size_t column) const;
  /// A unit of the training trials reads it.
  [[nodiscard]] bool used(std::size_t column) const { return !units_[column].empty(); }

  [[nodiscard]] const TrainingSets& sets() const { return sets_; }
  [[nodiscard]] const TimeGrid& grid() const { return grid_; }
  [[nodiscard]] std::size_t columns() const { return units_.size(); }
  /// Distinct stimuli in ascending order, and their places in tables.
  [[nodiscard]] const std::map<std::vector<double>, std::size_t>& stimuli() const {
    return stimuli_;
  }

 private:
  struct Event {
    std::uint32_t trial, bin;
    float count;
  };
  const TrainingSets& sets_;
  TimeGrid grid_;
  std::map<std::vector<double>, std::size_t> stimuli_;
  std::vector<std::size_t> stimulus_;                 // [T] place of each trial's
  std::vector<std::vector<std::size_t>> trials_;      // of each session
  std::vector<std::map<std::size_t, double>> units_;  // of each column: units by session
  std::vector<std::size_t> first_;                    // [columns + 1] into events_
  std::vector<Event> events_;                         // of all columns, one column after the other
};

}  // namespace nnpoisson
