#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

#include "nnpoisson/error.hpp"
#include "nnpoisson/predict.hpp"
#include "storage/csv.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/npz_writer.hpp"

namespace nnpoisson {
namespace {

const std::vector<std::string> actions{"left", "right"};

struct Array {
  std::string group, name, unit;
  const std::vector<double>& values;
  std::vector<std::size_t> shape;
};

struct Names {
  std::string group;
  const std::vector<std::string>& names;
};

std::vector<Array> arrays(const Prediction& p) {
  const std::size_t S = p.size(), K = p.times.size(), F = p.stimulus_names.size(),
                    G = p.region_names.size(), U = p.unit.id.size();
  std::vector<Array> list{{"", "time", "s", p.times, {K}},
                          {"stimulus", "value", "", p.stimuli, {S, F}},
                          {"region", "intensity", "Hz", p.region_intensity, {S, G, K}},
                          {"region", "cumulative", "", p.region_cumulative, {S, G, K}},
                          {"action", "intensity", "Hz", p.action_intensity, {S, 2, K}},
                          {"action", "cumulative", "", p.action_cumulative, {S, 2, K}},
                          {"response", "survival", "", p.survival, {S, K}},
                          {"response", "density", "1/s", p.density, {S, 2, K}},
                          {"response", "probability", "", p.probability, {S, 2}},
                          {"response", "median_time", "s", p.median_time, {S}}};
  if (U > 0) {
    list.push_back({"unit", "intensity", "Hz", p.unit_intensity, {S, U, K}});
    list.push_back({"unit", "cumulative", "", p.unit_cumulative, {S, U, K}});
  }
  return list;
}

std::vector<Names> names(const Prediction& p) {
  return {{"stimulus", p.stimulus_names}, {"region", p.region_names}, {"action", actions}};
}

void write_hdf5(const std::filesystem::path& file, const Prediction& p) {
  Hdf5Writer out(file);
  out.attribute("/", "format", std::string("nnpoisson-prediction"));
  out.attribute("/", "observed_until", p.observed_until);

  for (const auto& [group, list] : names(p)) out.strings(group + "/name", list);
  if (!p.unit.id.empty()) {
    out.strings("unit/session", p.unit.session);
    out.numbers("unit/id", p.unit.id);
  }

  for (const auto& array : arrays(p)) {
    const std::string path = array.group.empty() ? array.name : array.group + "/" + array.name;
    out.numbers(path, array.values, array.shape);
    out.attribute(path, "unit", array.unit.empty() ? std::string("1") : array.unit);
  }
  out.commit();
}

void write_npz(const std::filesystem::path& file, const Prediction& p) {
  NpzWriter out(file);
  out.numbers("observed_until", {p.observed_until}, {});
  for (const auto& [group, list] : names(p)) out.strings(group + "_name", list);
  if (!p.unit.id.empty()) {
    out.strings("unit_session", p.unit.session);
    out.integers("unit_id", p.unit.id);
  }

  for (const auto& array : arrays(p))
    out.numbers(array.group.empty() ? array.name : array.group + "_" + array.name, array.values,
                array.shape);
  out.commit();
}

/// A line for each stimulus and time; a column for each curve.
class CsvTable {
 public:
  CsvTable(std::size_t stimuli, std::size_t times) : lines_(1 + stimuli * times), times_(times) {}

  /// `value(s, k)`; NaN leaves the cell empty.
  template <class Value>
  void column(const std::string& name, const Value& value) {
    cell(0, csv_field(name));
    for (std::size_t line = 1; line < lines_.size(); ++line) {
      const double number = value((line - 1) / times_, (line - 1) % times_);
      cell(line, std::isnan(number) ? "" : fmt::format("{}", number));
    }
    first_column_ = false;
  }
  /// Rows of [S x rows x K].
  void curves(const std::vector<std::string>& rows, const std::string& suffix,
              const std::vector<double>& values) {
    for (std::size_t row = 0; row < rows.size(); ++row)
      column(rows[row] + suffix, [&](std::size_t s, std::size_t k) {
        return values[(s * rows.size() + row) * times_ + k];
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

std::string csv(const Prediction& p) {
  const std::size_t F = p.stimulus_names.size();
  CsvTable table(p.size(), p.times.size());
  for (std::size_t f = 0; f < F; ++f)
    table.column(p.stimulus_names[f],
                 [&](std::size_t s, std::size_t) { return p.stimuli[s * F + f]; });
  table.column("time (s)", [&](std::size_t, std::size_t k) { return p.times[k]; });

  table.curves(p.region_names, " (Hz)", p.region_intensity);
  table.curves(p.region_names, " (cumulative)", p.region_cumulative);
  std::vector<std::string> units;
  for (std::size_t u = 0; u < p.unit.id.size(); ++u)
    units.push_back(p.unit.session[u] + " " + std::to_string(p.unit.id[u]));
  table.curves(units, " (Hz)", p.unit_intensity);
  table.curves(units, " (cumulative)", p.unit_cumulative);

  table.curves(actions, " (Hz)", p.action_intensity);
  table.curves(actions, " (cumulative)", p.action_cumulative);
  table.column("survival",
               [&](std::size_t s, std::size_t k) { return p.survival[s * p.times.size() + k]; });
  table.curves(actions, " density (1/s)", p.density);

  for (const std::size_t a : {0U, 1U})
    table.column(actions[a] + " probability",
                 [&](std::size_t s, std::size_t) { return p.probability[2 * s + a]; });
  table.column("median response time (s)",
               [&](std::size_t s, std::size_t) { return p.median_time[s]; });
  return table.text();
}

}  // namespace

void require_prediction_file(const std::filesystem::path& file) {
  const auto ending = file.extension();
  if (ending != ".h5" && ending != ".csv" && ending != ".npz")
    throw UsageError(file.string() + ": must end in .h5, .csv or .npz, which says what to write");
}

void write_prediction(const std::filesystem::path& file, const Prediction& prediction) {
  require_prediction_file(file);
  if (file.extension() == ".h5") return write_hdf5(file, prediction);
  if (file.extension() == ".npz") return write_npz(file, prediction);
  write_text_file(file, csv(prediction));
}

}  // namespace nnpoisson
