#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// One iteration's losses: a row of test.csv, a line of run.log. NaN where there is no such set.
struct HistoryRow {
  BatchLoss train, test, validation;
  std::vector<double> test_regions;  ///< neural test loss of each region, alphabetical

  /// As a checkpoint keeps it: 12 losses, then the regions.
  [[nodiscard]] std::vector<double> numbers() const;
  static HistoryRow from_numbers(const double* numbers, std::size_t regions);
};

/// The authors' columns in their order, then ours.
[[nodiscard]] std::string csv_header(const std::vector<std::string>& alphabetical_regions);
[[nodiscard]] std::string csv_line(int iteration, const HistoryRow& row);
/// The authors' wording, after their prefix; then ours.
[[nodiscard]] std::string log_line(int iteration, const HistoryRow& row);

}  // namespace nnpoisson
