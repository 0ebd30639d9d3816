#include "data/table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "data/missing.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The cells of the record that begins at `place`, which moves behind it; a quoted cell may hold
/// separators and line ends.
std::vector<std::string> next_record(const std::string& text, std::size_t& place, char separator) {
  std::vector<std::string> cells(1);
  for (bool quoted = false; place < text.size(); ++place) {
    const char c = text[place];
    if (c == '"' && quoted && place + 1 < text.size() && text[place + 1] == '"') {
      cells.back() += text[++place];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      cells.emplace_back();
    } else if (c == '\n' && !quoted) {
      ++place;
      break;
    } else {
      cells.back() += c;
    }
  }
  for (std::string& cell : cells) cell = trimmed(cell);
  return cells;
}

Column column_of(std::string name, std::vector<std::string> texts) {
  Column column{std::move(name), {}, {}};
  for (const std::string& text : texts) {
    double number = missing;
    if (!text.empty() && !parse_number(text, number)) {
      column.numbers.clear();
      column.texts = std::move(texts);
      return column;
    }
    column.numbers.push_back(number);
  }
  return column;
}

struct Condition {
  std::string column, comparison, value;
};

Condition parse_condition(const std::string& text) {
  for (const char* comparison : {"==", "!=", "<=", ">=", "<", ">"}) {
    const auto place = text.find(comparison);
    if (place == std::string::npos) continue;
    Condition condition{trimmed(text.substr(0, place)), comparison,
                        trimmed(text.substr(place + std::strlen(comparison)))};
    if (!condition.column.empty() && !condition.value.empty()) return condition;
  }
  throw UsageError("\"" + text +
                   "\" is no condition; give COLUMN OP VALUE, where OP is one of == != <= >= < >");
}

bool holds(double is, const std::string& comparison, double asked) {
  if (comparison == "==") return is == asked;
  if (comparison == "!=") return is != asked;
  if (comparison == "<=") return is <= asked;
  if (comparison == ">=") return is >= asked;
  return comparison == "<" ? is < asked : is > asked;
}

}  // namespace

bool parse_number(const std::string& text, double& number) {
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto narrow = static_cast<float>(value);
  const bool single = static_cast<double>(narrow) == value;
  const auto end = single ? std::to_chars(text.data(), text.data() + text.size(), narrow).ptr
                          : std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string Column::text(std::size_t row) const {
  if (numbers.empty()) return texts[row];
  return std::isnan(numbers[row]) ? "" : shortest(numbers[row]);
}

const Column* Table::find(const std::string& name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

const Column& Table::need(const std::string& name) const {
  if (const Column* column = find(name)) return *column;
  if (std::find(unread.begin(), unread.end(), name) != unread.end()) {
    throw DataError(where + ": " + name +
                    ": does not hold one number or text for each row; name another column");
  }
  std::string there;
  for (const Column& column : columns) there += (there.empty() ? "" : ", ") + column.name;
  throw DataError(where + ": has no column " + name + "; there are: " + there);
}

Table read_text_table(const std::filesystem::path& file, char separator) {
  Table table;
  table.where = file.string();
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (std::error_code error; !stream || std::filesystem::is_directory(file, error)) {
    throw ResourceError(table.where + ": cannot be opened (" +
                        std::strerror(errno != 0 ? errno : EISDIR) + ")");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};

  // A byte order mark may come first.
  std::size_t place = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::vector<std::string> names = next_record(text, place, separator);
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty()) throw DataError(table.where + ": line 1: must name each column");
    if (!seen.insert(name).second)
      throw DataError(table.where + ": line 1: names " + name + " twice");
  }

  std::vector<std::vector<std::string>> cells(names.size());
  for (std::size_t record = 2; place < text.size(); ++record) {
    std::vector<std::string> values = next_record(text, place, separator);
    if (values.size() == 1 && values[0].empty() && names.size() > 1) continue;
    if (values.size() != names.size()) {
      throw DataError(table.where + ": line " + std::to_string(record) + ": has " +
                      std::to_string(values.size()) + " cells, not " +
                      std::to_string(names.size()));
    }
    for (std::size_t c = 0; c < names.size(); ++c) cells[c].push_back(std::move(values[c]));
    ++table.rows;
  }

  for (std::size_t c = 0; c < names.size(); ++c)
    table.columns.push_back(column_of(names[c], std::move(cells[c])));
  return table;
}

std::vector<bool> rows_where(const Table& table, std::span<const std::string> conditions) {
  std::vector<bool> kept(table.rows, true);
  for (const std::string& text : conditions) {
    const auto [name, comparison, value] = parse_condition(text);
    const Column& column = table.need(name);
    double asked = value == "true" || value == "True" ? 1 : 0;
    const bool number = parse_number(value, asked) || value == "true" || value == "True" ||
                        value == "false" || value == "False";
    if (column.is_text() ? comparison != "==" && comparison != "!=" : !number) {
      throw UsageError("\"" + text + "\": the column holds " +
                       (column.is_text() ? "texts, which == and != compare" : "numbers"));
    }
    for (std::size_t row = 0; row < table.rows; ++row) {
      const bool held = column.is_text() ? (column.texts[row] == value) == (comparison == "==")
                                         : holds(column.numbers[row], comparison, asked);
      kept[row] = kept[row] && held;
    }
  }
  return kept;
}

}  // namespace nnpoisson
