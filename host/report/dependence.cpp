#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

/// Region and time as cells, values of [G x K] beginning at `first`.
Panel over_time(const std::string& title, const Dependencies& d, const std::vector<double>& values,
                std::size_t first) {
  Series s{.name = title, .mark = Mark::cells};
  const std::size_t K = d.times.size();
  for (std::size_t g = 0; g < d.region_names.size(); ++g)
    for (std::size_t k = 0; k < K; ++k) {
      s.x.push_back(d.times[k]), s.y.push_back(static_cast<double>(g));
      s.value.push_back(values[first + g * K + k]);
    }
  return {title, {std::move(s)}};
}

Figure cells(const Dependencies& d, const char* name, const std::string& caption) {
  Figure figure{.name = name,
                .caption = caption,
                .x_label = "time from stimulus onset, s",
                .y_label = "region",
                .value_label = "Hz"};
  figure.categories = d.region_names;
  figure.columns = 2, figure.width = 300, figure.height = category_height(d.region_names.size());
  return figure;
}

/// One number for each region.
struct Dots {
  const char* label;
  const char* colour;
  const double* values;  // [G]
};

Figure dots(const Dependencies& d, const char* name, const std::string& caption,
            const std::string& x_label, const std::vector<Dots>& all) {
  Figure figure{.name = name, .caption = caption, .x_label = x_label, .y_label = "region"};
  figure.categories = d.region_names;
  figure.columns = 1, figure.width = 240, figure.height = category_height(d.region_names.size());
  Panel panel{"", {upright(0, d.region_names.size())}};
  for (const auto& of_label : all) {
    Series s{.name = of_label.label, .mark = Mark::points, .colour = of_label.colour};
    for (std::size_t g = 0; g < d.region_names.size(); ++g)
      s.x.push_back(of_label.values[g]), s.y.push_back(static_cast<double>(g));
    panel.series.push_back(std::move(s));
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace

Section dependence(const Dependencies& d, bool answered) {
  const std::size_t G = d.region_names.size(), K = d.times.size();
  const DependencyMeasures& m = d.mean;
  Section section{.heading = "Dependencies"};
  section.words = {
      "What the fitted network reads from where; it says nothing of causes in the brain, and fits "
      "that describe a recording equally well may differ here (docs/analysis.md). nnpoisson "
      "dependencies compares several."};

  if (answered) {
    Figure drive =
        cells(d, "drive",
              "Part of each action's hazard that comes through each region, mean over trials.");
    for (std::size_t a = 0; a < actions.size(); ++a)
      drive.panels.push_back(over_time(actions[a], d, m.drive, a * G * K));
    section.figures.push_back(std::move(drive));
    section.figures.push_back(dots(
        d, "share", "Share of each action's responses that came through each region.",
        "share of the responses",
        {{"left", colour::left, m.share.data()}, {"right", colour::right, m.share.data() + G}}));
    section.figures.push_back(dots(
        d, "lesion-choice",
        fmt::format("Lesions: mean change, in size, of P(left) when the region is held at its mean "
                    "over {}.",
                    d.lesion == Lesion::stimulus ? "stimuli at each time" : "stimuli and time"),
        "change of P(left)", {{"change", colour::black, m.choice_change.data()}}));
    section.figures.push_back(dots(d, "lesion-time",
                                   "Lesions: mean change of the median response time.",
                                   "change of the median response time, s",
                                   {{"change", colour::black, m.median_change.data()}}));
  } else {
    section.words.push_back(
        "Without responses inside the window nothing was learnt of what drives them; contributions "
        "and lesions are left out.");
  }

  Figure sensitivity =
      cells(d, "stimulus-sensitivity",
            "Stimulus sensitivity: standard deviation over stimuli of each region's rate, Hz.");
  sensitivity.panels = {over_time("", d, m.sensitivity, 0)};
  section.figures.push_back(std::move(sensitivity));
  return section;
}

}  // namespace nnpoisson::report
