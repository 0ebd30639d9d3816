#include "report/rates.hpp"

#include <algorithm>
#include <utility>

#include "report/sections.hpp"

namespace nnpoisson::report {
namespace {

/// Which of `count` ordered groups are drawn: all, or some evenly apart with the first and the
/// last.
bool is_drawn(std::size_t k, std::size_t count) {
  if (count <= most_drawn_groups) return true;
  for (std::size_t shown = 0; shown < most_drawn_groups; ++shown)
    if (k == (shown * (count - 1) + (most_drawn_groups - 1) / 2) / (most_drawn_groups - 1))
      return true;
  return false;
}

/// Of the k-th of `count` groups.
std::string group_colour(const TrialGroup& group, std::size_t k, std::size_t count) {
  switch (group.grouping) {
    case TrialGrouping::all:
      return colour::blue;
    case TrialGrouping::choice:
      return group.choice > 0 ? colour::left : group.choice < 0 ? colour::right : colour::grey;
    case TrialGrouping::stimulus:
    case TrialGrouping::response_time:
      return colour::ordered(k, count);
  }
  return colour::black;
}

/// A group of trials as the PSTHs show it.
struct ShownGroup {
  std::size_t number;  // in Rates::groups
  std::string name, colour;
  bool drawn;  // else its numbers are in the CSV alone
};

std::vector<ShownGroup> groups_of(const Rates& rates, TrialGrouping grouping) {
  std::vector<std::size_t> numbers;
  for (std::size_t g = 0; g < rates.groups.size(); ++g)
    if (rates.groups[g].grouping == grouping) numbers.push_back(g);

  std::vector<ShownGroup> shown;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const TrialGroup& group = rates.groups[numbers[k]];
    shown.push_back({numbers[k], group.name, group_colour(group, k, numbers.size()),
                     is_drawn(k, numbers.size())});
  }
  return shown;
}

/// The highest rate that a panel has to show. Where few trials are left, the band may go beyond it.
double highest_rate(const Psth& psth, const Series& observed) {
  const double most = *std::max_element(psth.exposure.begin(), psth.exposure.end());
  double highest = 0;
  for (std::size_t b = 0; b < psth.exposure.size(); ++b) {
    const bool well_seen = psth.exposure[b] >= 0.2 * most;
    for (const double rate : {psth.predicted[b], well_seen ? observed.high[b] : 0})
      if (rate > highest) highest = rate;
  }
  return highest;
}

/// One panel's rates in the groups of trials, `time` of the bins' middles.
Panel psth_panel(const Rates::Of& rates, const std::vector<ShownGroup>& groups,
                 const std::vector<double>& time) {
  Panel panel{rates.name, {}};
  double highest = 0;
  for (const auto& group : groups) {
    const Psth& psth = rates.psth[group.number];
    Series observed{.name = group.name + ", observed",
                    .mark = group.drawn ? Mark::band : Mark::unseen,
                    .colour = group.colour,
                    .x = time,
                    .y = psth.observed};
    for (std::size_t b = 0; b < time.size(); ++b) {
      observed.low.push_back(psth.observed[b] - psth.standard_error[b]);
      observed.high.push_back(psth.observed[b] + psth.standard_error[b]);
    }
    if (group.drawn) highest = std::max(highest, highest_rate(psth, observed));

    panel.series.push_back(std::move(observed));
    panel.series.push_back({.name = group.name + ", model",
                            .mark = group.drawn ? Mark::line : Mark::unseen,
                            .colour = group.colour,
                            .x = time,
                            .y = psth.predicted});
  }
  if (highest > 0) panel.y_range = {0, 1.05 * highest};
  return panel;
}

Figure quantile_figure(const Evaluation& evaluation) {
  Figure figure{
      .name = "time-rescaling",
      .caption =
          "Time rescaling: quantiles of the rescaled intervals less those of the uniform "
          "distribution, with the 95 % band of the Kolmogorov-Smirnov test. Above 0: intervals "
          "come out longer than the model has them.",
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

std::size_t Rates::count(TrialGrouping grouping) const {
  return static_cast<std::size_t>(
      std::count_if(groups.begin(), groups.end(),
                    [&](const TrialGroup& group) { return group.grouping == grouping; }));
}

Figure psth_figure(const Rates& rates, TrialGrouping grouping, const std::string& caption) {
  Figure figure{.name = "psth",
                .caption = caption,
                .x_label = "time from stimulus onset, s",
                .y_label = "rate of a unit, Hz",
                .x_range = {rates.bin_edges.front(), rates.bin_edges.back()}};
  if (grouping != TrialGrouping::all) figure.name += std::string("-") + to_string(grouping);
  std::replace(figure.name.begin(), figure.name.end(), ' ', '-');

  const auto groups = groups_of(rates, grouping);
  for (const auto& group : groups)
    if (group.drawn) figure.legend.push_back({group.name, Mark::line, group.colour});
  figure.legend.push_back({"model", Mark::line, colour::black});
  figure.legend.push_back({"observed, ± 1 s.e.", Mark::band, colour::black});

  std::vector<double> middle;
  for (std::size_t b = 0; b + 1 < rates.bin_edges.size(); ++b)
    middle.push_back((rates.bin_edges[b] + rates.bin_edges[b + 1]) / 2);
  for (const auto& panel : rates.panels) figure.panels.push_back(psth_panel(panel, groups, middle));
  return figure;
}

Figure stimulus_figure(const Rates& rates, const std::string& whose) {
  const std::size_t stimuli = rates.count(TrialGrouping::stimulus);
  if (stimuli < 2) return psth_figure(rates, TrialGrouping::all, whose + ", all trials.");
  return psth_figure(
      rates, TrialGrouping::stimulus,
      whose + " by stimulus (" + (rates.axis.empty() ? "stimulus" : rates.axis) + ")." +
          (stimuli > most_drawn_groups ? " The extremes and the middle are drawn; the CSV has all."
                                       : ""));
}

Section rates(const Evaluation& evaluation) {
  Section section{.heading = "Rates over time"};
  Rates all{evaluation.bin_edges, evaluation.groups, evaluation.behaviour.axis, {}};
  for (const auto& region : evaluation.regions) all.panels.push_back({region.name, region.psth});

  section.figures.push_back(stimulus_figure(all, "Rates"));
  if (all.count(TrialGrouping::choice) > 1)
    section.figures.push_back(psth_figure(all, TrialGrouping::choice,
                                          "Rates by choice, made inside the window or later."));
  if (all.count(TrialGrouping::response_time) > 1)
    section.figures.push_back(
        psth_figure(all, TrialGrouping::response_time, "Rates by thirds of the response times."));

  if (auto quantiles = quantile_figure(evaluation); !quantiles.panels.empty())
    section.figures.push_back(std::move(quantiles));
  else
    section.words.push_back("Time rescaling needs spike times; the dataset holds counts in bins.");
  return section;
}

}  // namespace nnpoisson::report
