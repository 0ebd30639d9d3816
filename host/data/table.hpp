#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace nnpoisson {

/// One column of a table: numbers (NaN: missing), or texts.
struct Column {
  std::string name;
  std::vector<double> numbers;     ///< [rows], or empty
  std::vector<std::string> texts;  ///< [rows], or empty

  [[nodiscard]] bool is_text() const { return numbers.empty() && !texts.empty(); }
  [[nodiscard]] std::string text(
      std::size_t row) const;  ///< numbers in their shortest form, NaN as ""
};

/// A table with a value for each row in every column, out of an NWB file or a text file.
struct Table {
  std::string where;  ///< "FILE: path", for messages
  std::size_t rows = 0;
  std::vector<Column> columns;
  std::vector<std::string>
      unread;  ///< columns that have more than one value a row, or values of another kind

  [[nodiscard]] const Column* find(const std::string& name) const;  ///< null: not there
  [[nodiscard]] const Column& need(const std::string& name) const;  ///< DataError: not there
};

/// A text file whose first line names the columns. Cells may be quoted. A column is of numbers if
/// all its cells are, or are empty. Throws DataError (line), ResourceError (cannot be opened).
[[nodiscard]] Table read_text_table(const std::filesystem::path& file, char separator);

/// The rows for which all conditions "COLUMN OP VALUE" hold; OP is one of == != <= >= < >. Texts
/// can only be equal or not. Throws UsageError (no such condition), DataError (no such column).
[[nodiscard]] std::vector<bool> rows_where(const Table& table,
                                           std::span<const std::string> conditions);

/// The number that a text is, whole; false if it is none.
[[nodiscard]] bool parse_number(const std::string& text, double& number);

/// Shortest text that reads back as the same single-precision number where it is one, else double:
/// a recording's 0.1f is 0.1.
[[nodiscard]] std::string shortest(double value);

}  // namespace nnpoisson
