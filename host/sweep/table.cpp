#include "sweep/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "storage/csv.hpp"
#include "sweep/fit_json.hpp"

namespace nnpoisson {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::pair<const char*, double BatchLoss::*>, 4> terms{
    {{"total", &BatchLoss::total},
     {"neural", &BatchLoss::neural},
     {"left", &BatchLoss::left},
     {"right", &BatchLoss::right}}};

struct Mean {
  double mean = missing, error = missing;
};

Mean mean_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : missing};
}

double median(std::vector<double> values) {
  if (values.empty()) return missing;
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

using Fits = std::vector<const SweepFit*>;  // of one configuration that did not fail

MeanLoss mean_loss(const Fits& fits, BatchLoss SweepFit::*set) {
  MeanLoss made;
  for (const auto& [name, term] : terms) {
    std::vector<double> values;
    for (const auto* fit : fits) values.push_back(fit->*set.*term);
    const Mean of = mean_of(values);
    made.mean.*term = of.mean;
    made.error.*term = of.error;
  }
  return made;
}

std::string cell(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{:.9g}", value);
}

nlohmann::ordered_json json_of(const MeanLoss& loss) {
  return {{"mean", json_of(loss.mean)}, {"standard_error", json_of(loss.error)}};
}

}  // namespace

SweepTable make_table(const Grid& grid, std::span<const SweepFit> all, bool tested) {
  SweepTable table{grid.keys, {}, std::nullopt, tested};
  std::vector<Fits> good(grid.configurations.size());
  for (const auto& configuration : grid.configurations)
    table.configurations.push_back({.values = configuration.values});
  for (const auto& fit : all) {
    const auto c = static_cast<std::size_t>(fit.configuration);
    ++table.configurations[c].fits;
    if (fit.failure.empty())
      good[c].push_back(&fit);
    else
      ++table.configurations[c].failed;
  }
  for (std::size_t c = 0; c < good.size(); ++c) {
    auto& row = table.configurations[c];
    row.validation = mean_loss(good[c], &SweepFit::validation);
    if (tested) row.test = mean_loss(good[c], &SweepFit::test);
    std::vector<double> iterations;
    for (const auto* fit : good[c]) iterations.push_back(fit->best_iteration + 1);
    row.iterations = median(iterations);
    const auto total = [&](std::size_t of) {
      return table.configurations[of].validation.mean.total;
    };
    if (row.fits > 0 && row.failed == 0 && (!table.best || total(c) < total(*table.best)))
      table.best = c;
  }
  if (!table.best) return table;
  for (std::size_t c = 0; c < good.size(); ++c) {
    auto& row = table.configurations[c];
    if (row.failed > 0) continue;
    std::vector<double> above;
    for (std::size_t i = 0; i < good[c].size(); ++i)
      above.push_back(good[c][i]->validation.total - good[*table.best][i]->validation.total);
    const Mean of = mean_of(above);
    row.behind = of.mean;
    row.behind_error = of.error;
  }
  return table;
}

std::string to_csv(const SweepTable& table) {
  std::string text = "configuration";
  for (const auto& key : table.keys) text += "," + key;
  text += ",best,fits,failed,iterations";
  for (const char* set : {"validation", "test"}) {
    if (!table.tested && std::string(set) == "test") continue;
    for (const auto& [name, term] : terms) text += fmt::format(",{0} {1},{0} {1} se", set, name);
  }
  text += ",behind the best,behind the best se\n";
  for (std::size_t c = 0; c < table.configurations.size(); ++c) {
    const auto& row = table.configurations[c];
    text += std::to_string(c);
    for (const auto& value : row.values) text += "," + csv_field(value);
    text += fmt::format(",{},{},{},{}", table.best == c ? "*" : "", row.fits, row.failed,
                        cell(row.iterations));
    for (const auto* loss : {&row.validation, &row.test}) {
      if (!table.tested && loss == &row.test) continue;
      for (const auto& [name, term] : terms)
        text += "," + cell(loss->mean.*term) + "," + cell(loss->error.*term);
    }
    text += "," + cell(row.behind) + "," + cell(row.behind_error) + "\n";
  }
  return text;
}

std::string to_json(const SweepTable& table, const std::vector<SweepFit>& fits) {
  using Json = nlohmann::ordered_json;
  Json json{{"keys", table.keys}, {"best", table.best ? Json(*table.best) : Json()}};
  json["configurations"] = Json::array();
  for (const auto& row : table.configurations) {
    Json made{{"values", row.values},
              {"fits", row.fits},
              {"failed", row.failed},
              {"iterations", row.iterations}};
    made["validation"] = json_of(row.validation);
    if (table.tested) made["test"] = json_of(row.test);
    made["behind_the_best"] = {{"mean", row.behind}, {"standard_error", row.behind_error}};
    json["configurations"].push_back(std::move(made));
  }
  json["fits"] = Json::array();
  for (const auto& fit : fits) json["fits"].push_back(json_of(fit));
  return json.dump(1) + "\n";
}

}  // namespace nnpoisson
