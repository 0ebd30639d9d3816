#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "storage/csv.hpp"

namespace nnpoisson {

/// A line for each case (a stimulus, a trial) and time; a column for each curve.
class CsvTable {
 public:
  CsvTable(std::size_t cases, std::size_t times) : lines_(1 + cases * times), times_(times) {}

  /// `value(n, k)`: text.
  template <class Value>
  void text_column(const std::string& name, const Value& value) {
    cell(0, csv_field(name));
    for (std::size_t line = 1; line < lines_.size(); ++line)
      cell(line, csv_field(value((line - 1) / times_, (line - 1) % times_)));
    first_column_ = false;
  }
  /// `value(n, k)`: a number; NaN leaves the cell empty.
  template <class Value>
  void column(const std::string& name, const Value& value) {
    text_column(name, [&](std::size_t n, std::size_t k) {
      const double number = value(n, k);
      return std::isnan(number) ? std::string() : fmt::format("{}", number);
    });
  }
  /// Rows of [cases x rows x times].
  void curves(const std::vector<std::string>& rows, const std::string& suffix,
              const std::vector<double>& values) {
    for (std::size_t row = 0; row < rows.size(); ++row)
      column(rows[row] + suffix, [&](std::size_t n, std::size_t k) {
        return values[(n * rows.size() + row) * times_ + k];
      });
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& line : lines_) all += line + "\n";
    return all;
  }

 private:
  void cell(std::size_t line, const std::string& text) {
    lines_[line] += (first_column_ ? "" : ",") + text;
  }
  std::vector<std::string> lines_;
  std::size_t times_;
  bool first_column_ = true;
};

}  // namespace nnpoisson
