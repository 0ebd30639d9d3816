#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/parts.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t most_groups = 3;

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
  for (std::size_t m = 0; m < evaluation.models.size(); ++m) {
    const SpikeScore& s = evaluation.scores[m];
    table.rows.push_back({model_name(evaluation.models[m]), cell(s.log_likelihood, 1),
                          cell(s.bits_per_spike.value, 4), interval(s.bits_per_spike, 4),
                          cell(s.pseudo_r2.value, 4), interval(s.pseudo_r2, 4),
                          m == 0 ? "" : cell(s.network_bits.value, 4),
                          m == 0 ? "" : interval(s.network_bits, 4)});
  }
  return table;
}

Figure bits_figure(const Evaluation& evaluation) {
  static const char* const colours[] = {colour::blue, colour::orange, colour::green, colour::grey};
  Figure figure{.name = "bits-per-spike",
                .caption = "Gain over a constant rate of each region's units, with 95 % intervals.",
                .x_label = "bits a spike over a constant rate",
                .y_label = "region"};
  for (const auto& r : evaluation.regions) figure.categories.push_back(r.name);
  figure.columns = 1, figure.width = 420,
  figure.height = std::min(1.3 * category_height(figure.categories.size()), 860.0);
  Panel panel{"", {upright(0, figure.categories.size())}};
  std::size_t shown = 0;
  for (std::size_t m = 0; m < evaluation.models.size(); ++m) {
    if (evaluation.models[m] == "constant") continue;
    Series s{
        .name = model_name(evaluation.models[m]), .mark = Mark::points, .colour = colours[m % 4]};
    const double beside = 0.2 * static_cast<double>(shown++) - 0.2;
    for (std::size_t g = 0; g < evaluation.regions.size(); ++g) {
      const Estimate& bits = evaluation.regions[g].scores[m].bits_per_spike;
      s.x.push_back(bits.value), s.y.push_back(static_cast<double>(g) + beside);
      s.low.push_back(bits.interval.low), s.high.push_back(bits.interval.high);
    }
    panel.series.push_back(std::move(s));
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

/// Which of `count` ordered groups are drawn: all, or some evenly apart with the first and the
/// last.
bool drawn(std::size_t k, std::size_t count) {
  if (count <= most_groups) return true;
  for (std::size_t shown = 0; shown < most_groups; ++shown)
    if (k == (shown * (count - 1) + (most_groups - 1) / 2) / (most_groups - 1)) return true;
  return false;
}

std::string group_colour(const std::string& grouping, const std::string& name, std::size_t k,
                         std::size_t count) {
  if (grouping == "all") return colour::blue;
  if (grouping != "choice") return colour::ordered(k, count);
  return name == "left" ? colour::left : name == "right" ? colour::right : colour::grey;
}

Figure psth_figure(const Evaluation& evaluation, const std::string& grouping,
                   const std::string& caption) {
  Figure figure{.name = grouping == "all" ? "psth" : "psth-" + grouping,
                .caption = caption,
                .x_label = "time from stimulus onset, s",
                .y_label = "rate of a unit, Hz",
                .x_range = {evaluation.bin_edges.front(), evaluation.bin_edges.back()}};
  std::replace(figure.name.begin(), figure.name.end(), ' ', '-');
  std::vector<std::size_t> groups;
  for (std::size_t g = 0; g < evaluation.groups.size(); ++g)
    if (evaluation.groups[g].grouping == grouping) groups.push_back(g);
  std::vector<double> middle;
  for (std::size_t b = 0; b + 1 < evaluation.bin_edges.size(); ++b)
    middle.push_back((evaluation.bin_edges[b] + evaluation.bin_edges[b + 1]) / 2);
  for (std::size_t k = 0; k < groups.size(); ++k)
    if (const auto& group = evaluation.groups[groups[k]]; drawn(k, groups.size()))
      figure.legend.push_back(
          {group.name, Mark::line, group_colour(grouping, group.name, k, groups.size())});
  figure.legend.push_back({"model", Mark::line, colour::black});
  figure.legend.push_back({"observed, ± 1 s.e.", Mark::band, colour::black});
  for (const auto& region : evaluation.regions) {
    Panel panel{region.name, {}};
    double highest = 0;
    for (std::size_t k = 0; k < groups.size(); ++k) {
      const auto& group = evaluation.groups[groups[k]];
      const Psth& psth = region.psth[groups[k]];
      const std::string colour = group_colour(grouping, group.name, k, groups.size());
      const bool shown = drawn(k, groups.size());
      Series observed{.name = group.name + ", observed",
                      .mark = shown ? Mark::band : Mark::unseen,
                      .colour = colour,
                      .x = middle,
                      .y = psth.observed};
      for (std::size_t b = 0; b < middle.size(); ++b) {
        observed.low.push_back(psth.observed[b] - psth.standard_error[b]);
        observed.high.push_back(psth.observed[b] + psth.standard_error[b]);
        if (!shown) continue;
        // Where few trials are left, the band may go beyond the panel.
        const bool well_seen =
            psth.exposure[b] >= 0.2 * *std::max_element(psth.exposure.begin(), psth.exposure.end());
        for (const double rate : {psth.predicted[b], well_seen ? observed.high[b] : 0})
          if (rate > highest) highest = rate;
      }
      panel.series.push_back(std::move(observed));
      panel.series.push_back({.name = group.name + ", model",
                              .mark = shown ? Mark::line : Mark::unseen,
                              .colour = colour,
                              .x = middle,
                              .y = psth.predicted});
    }
    if (highest > 0) panel.y_range = {0, 1.05 * highest};
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure quantile_figure(const Evaluation& evaluation) {
  Figure figure{
      .name = "time-rescaling",
      .caption =
          "Time rescaling: quantiles of the rescaled intervals less those of the uniform "
          "distribution, with the 95 % band of the "
          "Kolmogorov-Smirnov test. Above 0: intervals come out longer than the model has them.",
      .x_label = "uniform quantile",
      .y_label = "rescaled interval - uniform quantile",
      .x_range = {0, 1}};
  for (const auto& region : evaluation.regions) {
    const auto& [uniform, rescaled] = region.quantiles;
    if (uniform.empty()) continue;
    const std::vector<double> zero(uniform.size(), 0), low(uniform.size(), -region.ks_band),
        high(uniform.size(), region.ks_band);
    Series observed{.name = "observed", .colour = colour::blue, .x = uniform};
    for (std::size_t i = 0; i < uniform.size(); ++i) observed.y.push_back(rescaled[i] - uniform[i]);
    figure.panels.push_back({region.name,
                             {{.name = "95 % band",
                               .mark = Mark::band,
                               .colour = colour::grey,
                               .x = uniform,
                               .y = zero,
                               .low = low,
                               .high = high},
                              std::move(observed)}});
  }
  return figure;
}

}  // namespace

Section regions(const Evaluation& evaluation) {
  Section section{.heading = "Spikes", .tables = {region_table(evaluation)}};
  if (evaluation.models.size() > 1) section.tables.push_back(model_table(evaluation));
  section.figures.push_back(bits_figure(evaluation));
  return section;
}

Section rates(const Evaluation& evaluation) {
  Section section{.heading = "Rates over time"};
  const auto has = [&](const char* grouping) {
    return std::count_if(evaluation.groups.begin(), evaluation.groups.end(),
                         [&](const TrialGroup& g) { return g.grouping == grouping; });
  };
  const std::string stimulus =
      evaluation.behaviour.axis.empty() ? "stimulus" : evaluation.behaviour.axis;
  if (has("stimulus") > 1)
    section.figures.push_back(
        psth_figure(evaluation, "stimulus",
                    "Rates by stimulus (" + stimulus + ")." +
                        (has("stimulus") > static_cast<long>(most_groups)
                             ? " The extremes and the middle are drawn; the CSV has all."
                             : "")));
  else
    section.figures.push_back(psth_figure(evaluation, "all", "Rates, all trials."));
  if (has("choice") > 1)
    section.figures.push_back(
        psth_figure(evaluation, "choice", "Rates by choice, made inside the window or later."));
  if (has("response time") > 1)
    section.figures.push_back(
        psth_figure(evaluation, "response time", "Rates by thirds of the response times."));
  if (auto quantiles = quantile_figure(evaluation); !quantiles.panels.empty())
    section.figures.push_back(std::move(quantiles));
  else
    section.words.push_back("Time rescaling needs spike times; the dataset holds counts in bins.");
  return section;
}

}  // namespace nnpoisson::report
