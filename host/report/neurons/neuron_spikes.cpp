#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/neurons/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

constexpr double well_sampled = 30;  // spikes of a unit whose bits a spike say something

Table table_of_regions(const NeuronEvaluation& evaluation) {
  Table table{.caption =
                  "Bits a spike over each unit's constant rate, ± 1 s.e. over trials. Given "
                  "the others: when the spikes of the trial's other regions are known.",
              .head = {"region", "units", "spikes", "bits a spike", "given the others"}};
  for (const auto& baseline : evaluation.baselines)
    table.head.push_back("over the " + baseline_name(baseline.name));
  for (std::size_t g = 0; g < evaluation.regions.size(); ++g) {
    const NeuronRegionScore& region = evaluation.regions[g];
    table.rows.push_back(
        {region.name, fmt::format("{}", region.units), fmt::format("{:.0f}", region.score.spikes),
         with_error(region.score.bits, 4), with_error(region.score.bits_given_others, 4)});
    for (const auto& baseline : evaluation.baselines)
      table.rows.back().push_back(with_error(baseline.region_model_over[g], 4));
  }
  const NeuronSpikeScore& all = evaluation.spikes;
  table.rows.push_back({"all", fmt::format("{}", evaluation.units.size()),
                        fmt::format("{:.0f}", all.spikes), with_error(all.bits, 4), ""});
  for (const auto& baseline : evaluation.baselines)
    table.rows.back().push_back(with_error(baseline.model_over, 4));
  return table;
}

Table table_of_baselines(const NeuronEvaluation& evaluation) {
  Table table{.caption =
                  "All units. GLM: Poisson regression of each unit on stimulus and time; "
                  "fitted on " +
                  evaluation.fitted_on + ".",
              .head = {"model", "bits a spike", "the model over it"}};
  table.rows.push_back({"this model", with_error(evaluation.spikes.bits, 4), ""});
  for (const auto& baseline : evaluation.baselines)
    table.rows.push_back({baseline_name(baseline.name), with_error(baseline.bits, 4),
                          with_error(baseline.model_over, 4)});
  return table;
}

/// A model's points, `beside` the middle of each region's row.
void add_bits(Series& s, const TrialMean& bits, double row) {
  if (std::isnan(bits.value)) return;
  s.x.push_back(bits.value), s.y.push_back(row);
  s.low.push_back(bits.value - normal_95 * bits.error);
  s.high.push_back(bits.value + normal_95 * bits.error);
}

Figure figure_of_regions(const NeuronEvaluation& evaluation) {
  Figure figure{.name = "bits-per-spike",
                .caption = "Gain over constant rates of each region's units, with 95 % intervals.",
                .x_label = "bits a spike over constant rates",
                .y_label = "region"};
  const std::size_t G = evaluation.regions.size();
  for (const auto& region : evaluation.regions) figure.categories.push_back(region.name);
  figure.columns = 1, figure.width = 420;
  figure.height = std::min(1.3 * category_height(G), 860.0);

  Series model{.name = "this model", .mark = Mark::points, .colour = colour::blue};
  for (std::size_t g = 0; g < G; ++g)
    add_bits(model, evaluation.regions[g].score.bits, static_cast<double>(g) - 0.2);
  Panel panel{"", {upright(0, G), std::move(model)}};
  const char* colours[] = {colour::green, colour::orange};
  for (std::size_t m = 0; m < evaluation.baselines.size(); ++m) {
    const NeuronBaselineScore& baseline = evaluation.baselines[m];
    Series s{.name = baseline_name(baseline.name), .mark = Mark::points, .colour = colours[m % 2]};
    for (std::size_t g = 0; g < G; ++g)
      add_bits(s, baseline.region_bits[g], static_cast<double>(g) + 0.2 * static_cast<double>(m));
    panel.series.push_back(std::move(s));
  }
  figure.panels = {std::move(panel)};
  return figure;
}

Figure figure_of_units(const NeuronEvaluation& evaluation) {
  Figure figure{.name = "unit-bits",
                .caption = fmt::format(
                    "Every unit: its gain alone, and given the spikes of the trial's other units. "
                    "The axis shows the range of units with {} spikes or more.",
                    well_sampled),
                .x_label = "spikes of the unit in these trials",
                .y_label = "bits a spike over its constant rate",
                .log_x = true};
  figure.columns = 1, figure.width = 330, figure.height = 240;
  Series alone{.name = "alone", .mark = Mark::points, .colour = colour::blue},
      given{.name = "given the other units", .mark = Mark::points, .colour = colour::orange};
  double low = 0, high = 0, fewest = 1e9, most = 1;
  for (const auto& unit : evaluation.units) {
    const NeuronSpikeScore& score = unit.score;
    if (!(score.spikes > 0)) continue;
    fewest = std::min(fewest, score.spikes), most = std::max(most, score.spikes);
    for (const auto& [s, bits] :
         {std::pair(&given, score.bits_given_others.value), std::pair(&alone, score.bits.value)}) {
      s->x.push_back(score.spikes), s->y.push_back(bits);
      if (score.spikes >= well_sampled) low = std::min(low, bits), high = std::max(high, bits);
    }
  }
  figure.x_range = {std::pow(10, std::floor(std::log10(fewest))), 1.1 * most};
  if (low < high) figure.y_range = {low - 0.05 * (high - low), high + 0.05 * (high - low)};
  figure.panels = {{"", {std::move(given), std::move(alone)}}};
  return figure;
}

}  // namespace

Section neuron_spikes(const NeuronEvaluation& evaluation) {
  Section section{.heading = "Spikes"};
  if (!(evaluation.spikes.spikes > 0)) {
    section.words = {"There are no spikes in these trials."};
    return section;
  }
  section.tables = {table_of_regions(evaluation)};
  if (!evaluation.baselines.empty()) section.tables.push_back(table_of_baselines(evaluation));
  section.figures = {figure_of_regions(evaluation), figure_of_units(evaluation)};
  return section;
}

}  // namespace nnpoisson::report
