#include <fmt/format.h>

#include <cmath>

#include "report/sections.hpp"

namespace nnpoisson::report {
namespace {

void add(Series& s, double x, double y, const auto& estimate) {
  s.x.push_back(x), s.y.push_back(y);
  s.low.push_back(estimate.value - normal_95 * estimate.standard_error),
      s.high.push_back(estimate.value + normal_95 * estimate.standard_error);
}

std::string window_name(const Window& window) {
  return fmt::format("{:g} to {:g} s", window.from, window.until);
}

/// Observed over implied, a point for each pair of regions, a panel for each window.
Figure against_model(const Correlations& all, Comparison RegionPair::*what, const char* name,
                     const std::string& caption) {
  Figure figure{.name = name,
                .caption = caption,
                .x_label = "correlation implied by the model",
                .y_label = "observed correlation"};
  figure.columns = 3, figure.width = 220, figure.height = 200;
  for (const auto& window : all.windows) {
    Series within{.name = "within a region", .mark = Mark::points, .colour = colour::vermilion},
        between{.name = "between two", .mark = Mark::points, .colour = colour::blue};

    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const auto& pair : window.pairs) {
      const Comparison& c = pair.*what;
      if (std::isnan(c.observed.value) || std::isnan(c.implied)) continue;
      add(pair.first == pair.second ? within : between, c.implied, c.observed.value, c.observed);
      low = std::min(low, c.implied), high = std::max(high, c.implied);
    }
    if (!(low <= high)) continue;  // nothing to be seen in this window

    Panel panel{window_name(window.window),
                {{.name = "equal",
                  .mark = Mark::dashed,
                  .colour = colour::grey,
                  .x = {low, high},
                  .y = {low, high}}}};
    for (auto* s : {&between, &within})
      if (!s->x.empty()) panel.series.push_back(std::move(*s));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure matrix(const Correlations& all) {
  Figure figure{.name = "noise-correlation-matrix",
                .caption = "Mean noise correlation of pairs of units of two regions, " +
                           window_name(all.windows.front().window) +
                           ". Regions recorded in no common session are blank.",
                .x_label = "region",
                .y_label = "other region",
                .value_label = "correlation"};
  figure.categories = all.region_names;
  figure.square = true;
  figure.columns = 2;
  figure.width = figure.height = std::max(180.0, category_height(all.region_names.size()));
  if (all.region_names.size() > 20) figure.columns = 1;

  Panel observed{"observed", {{.name = "observed", .mark = Mark::cells}}},
      implied{"model", {{.name = "model", .mark = Mark::cells}}};

  // A pair stands on both sides of the diagonal.
  for (const auto& pair : all.windows.front().pairs) {
    const auto put = [&](Panel& panel, std::size_t x, std::size_t y, double value) {
      auto& s = panel.series.front();
      s.x.push_back(static_cast<double>(x)), s.y.push_back(static_cast<double>(y)),
          s.value.push_back(value);
    };
    for (const bool turned : {false, true}) {
      if (turned && pair.first == pair.second) continue;
      const auto x = turned ? pair.second : pair.first, y = turned ? pair.first : pair.second;
      put(observed, x, y, pair.units.observed.value), put(implied, x, y, pair.units.implied);
    }
  }
  figure.panels = {std::move(observed), std::move(implied)};
  return figure;
}

Figure choice_probabilities(const Correlations& all) {
  Figure figure{.name = "choice-probability",
                .caption =
                    "Choice probability at fixed stimulus, mean over a region's units, with 95 % "
                    "intervals. Above 0.5: more spikes before choices to the left.",
                .x_label = "choice probability",
                .y_label = "region"};
  figure.categories = all.region_names;
  figure.columns = 3, figure.width = 200, figure.height = category_height(all.region_names.size());
  for (const auto& window : all.windows) {
    if (window.choices == 0) continue;
    Series observed{.name = "observed", .mark = Mark::points},
        implied{.name = "model", .mark = Mark::points, .colour = colour::orange};
    for (const auto& region : window.regions) {
      if (region.units == 0) continue;
      const auto row = static_cast<double>(region.region);
      add(observed, region.mean_unit.observed.value, row, region.mean_unit.observed);
      implied.x.push_back(region.mean_unit.implied), implied.y.push_back(row);
    }
    figure.panels.push_back(
        {window_name(window.window),
         {upright(0.5, all.region_names.size()), std::move(observed), std::move(implied)}});
  }
  return figure;
}

}  // namespace

Section correlations(const Correlations& all, const std::string& shared) {
  Section section{.heading = "Covariation across trials"};
  section.words = {"Spike counts at fixed stimulus. " + shared +
                   " What is observed beyond that (docs/analysis.md) the model does not have."};

  const auto count = [](const std::vector<RegionPair>& pairs) {
    std::uint64_t units = 0;
    for (const auto& pair : pairs) units += pair.unit_pairs;
    return units;
  };
  if (count(all.windows.front().pairs) == 0 || all.windows.front().trials == 0) {
    section.words = {
        "No stimulus was shown twice in a session with two units or more, so there are no "
        "correlations at fixed stimulus."};
    return section;
  }
  section.figures = {
      against_model(all, &RegionPair::units, "noise-correlations",
                    "Noise correlations, mean over pairs of units, of each pair of regions, with "
                    "95 % intervals; the two axes have different scales."),
      against_model(all, &RegionPair::populations, "population-correlations",
                    "Noise correlations of two regions' summed counts, in the same way."),
      matrix(all)};
  std::erase_if(section.figures, [](const Figure& figure) { return figure.panels.empty(); });
  if (auto figure = choice_probabilities(all); !figure.panels.empty())
    section.figures.push_back(std::move(figure));
  return section;
}

}  // namespace nnpoisson::report
