#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "nnpoisson/baselines.hpp"

namespace nnpoisson {

/// Spikes and exposure of a column by distinct stimulus and bin, in each training set.
class ColumnTotals {
 public:
  ColumnTotals(const TrainingSets& sets, std::size_t columns, const TimeGrid& grid);

  struct Table {
    std::vector<double> events, exposure;  ///< [stimuli x bins]; exposure in s, summed over units
    [[nodiscard]] double constant_rate() const;  ///< Hz, at least the floor of every intensity
  };
  /// [sets]
  [[nodiscard]] std::vector<Table> tables(std::size_t column) const;
  /// A unit of the training trials reads it.
  [[nodiscard]] bool used(std::size_t column) const { return !units_[column].empty(); }

  [[nodiscard]] std::size_t stimuli() const { return ids_.size(); }
  /// Distinct stimuli in ascending order, and their places in tables.
  [[nodiscard]] const std::map<std::vector<double>, std::size_t>& ids() const { return ids_; }

 private:
  struct Event {
    std::uint32_t trial, bin;
    float count;
  };
  const TrainingSets& sets_;
  TimeGrid grid_;
  std::map<std::vector<double>, std::size_t> ids_;
  std::vector<std::size_t> stimulus_;                 // [T]
  std::vector<std::vector<std::size_t>> trials_;      // of each session
  std::vector<std::map<std::size_t, double>> units_;  // of each column: units by session
  std::vector<std::size_t> first_;                    // [columns + 1] into events_
  std::vector<Event> events_;
};

}  // namespace nnpoisson
