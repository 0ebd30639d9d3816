#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

Table region_table(const Evaluation& evaluation) {
  const bool timed = std::any_of(evaluation.regions.begin(), evaluation.regions.end(),
                                 [](const auto& r) { return !std::isnan(r.ks); });
  Table table{.caption = "Intervals: 95 %, trials resampled within sessions. Null: " +
                         evaluation.null + ".",
              .head = {"region", "units", "spikes", "Hz a unit", "null Hz", "expected",
                       "bits a spike", "interval", "pseudo-R²", "interval"}};
  if (timed) table.head.insert(table.head.end(), {"KS", "KS band"});
  const auto add = [&](std::vector<std::string> row, const SpikeScore& score) {
    row.insert(row.end(), {cell(score.expected, 1), cell(score.bits_per_spike.value, 4),
                           interval(score.bits_per_spike, 4), cell(score.pseudo_r2.value, 4),
                           interval(score.pseudo_r2, 4)});
    table.rows.push_back(std::move(row));
  };
  for (const auto& r : evaluation.regions) {
    add({r.name, fmt::format("{}", r.units), fmt::format("{}", r.spikes),
         cell(static_cast<double>(r.spikes) / r.exposure, 2), cell(r.null_rate, 2)},
        r.scores.front());
    if (timed) table.rows.back().insert(table.rows.back().end(), {cell(r.ks), cell(r.ks_band)});
  }
  add({"all", "", fmt::format("{}", evaluation.spikes), "", ""}, evaluation.scores.front());
  if (timed) table.rows.back().resize(table.head.size());
  return table;
}

Table model_table(const Evaluation& evaluation) {
  Table table{
      .caption = "All regions. The simpler models are fitted on " + evaluation.fitted_on + ".",
      .head = {"model", "log-likelihood", "bits a spike", "interval", "pseudo-R²", "interval",
               "gain of the network", "interval"}};
  for (const auto& s : evaluation.scores) {
    const bool itself = s.model == SpikeModel::network;
    table.rows.push_back(
        {model_name(s.model), cell(s.log_likelihood, 1), cell(s.bits_per_spike.value, 4),
         interval(s.bits_per_spike, 4), cell(s.pseudo_r2.value, 4), interval(s.pseudo_r2, 4),
         itself ? "" : cell(s.network_bits.value, 4), itself ? "" : interval(s.network_bits, 4)});
  }
  return table;
}

const char* colour_of(SpikeModel model) {
  switch (model) {
    case SpikeModel::network:
      return colour::blue;
    case SpikeModel::glm:
      return colour::orange;
    case SpikeModel::psth:
      return colour::green;
    case SpikeModel::constant:
      return colour::grey;
  }
  return colour::black;
}

Figure bits_figure(const Evaluation& evaluation) {
  Figure figure{.name = "bits-per-spike",
                .caption = "Gain over a constant rate of each region's units, with 95 % intervals.",
                .x_label = "bits a spike over a constant rate",
                .y_label = "region"};
  for (const auto& r : evaluation.regions) figure.categories.push_back(r.name);
  figure.columns = 1, figure.width = 420,
  figure.height = std::min(1.3 * category_height(figure.categories.size()), 860.0);
  Panel panel{"", {upright(0, figure.categories.size())}};
  double beside = -0.2;  // the models' points stand one above the other
  for (std::size_t m = 0; m < evaluation.scores.size(); ++m) {
    const SpikeModel model = evaluation.scores[m].model;
    if (model == SpikeModel::constant) continue;
    Series s{.name = model_name(model), .mark = Mark::points, .colour = colour_of(model)};
    for (std::size_t g = 0; g < evaluation.regions.size(); ++g) {
      const Estimate& bits = evaluation.regions[g].scores[m].bits_per_spike;
      s.x.push_back(bits.value), s.y.push_back(static_cast<double>(g) + beside);
      s.low.push_back(bits.interval.low), s.high.push_back(bits.interval.high);
    }
    panel.series.push_back(std::move(s));
    beside += 0.2;
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace

Section regions(const Evaluation& evaluation) {
  Section section{.heading = "Spikes", .tables = {region_table(evaluation)}};
  if (evaluation.scores.size() > 1) section.tables.push_back(model_table(evaluation));
  section.figures.push_back(bits_figure(evaluation));
  return section;
}

}  // namespace nnpoisson::report
