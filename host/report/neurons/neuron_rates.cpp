#include <algorithm>
#include <cmath>

#include "report/neurons/sections.hpp"
#include "report/rates.hpp"

namespace nnpoisson::report {
namespace {

/// The rates of one column after the other, by stimulus.
Rates rates_of(const NeuronPage& page, const TrialCounts& counts,
               const TrialCounts::Columns& columns, const std::vector<std::string>& names) {
  Rates rates;
  rates.axis = page.conditions.axis;
  for (std::size_t b = 0; b <= counts.grid.bins; ++b)
    rates.bin_edges.push_back(
        std::min(counts.grid.width * static_cast<double>(b), page.data.time_limit));
  const auto groups = group_trials(page.data, page.conditions);
  for (const auto& group : groups) rates.groups.push_back(group.group);
  for (std::size_t c = 0; c < columns.count; ++c) {
    Rates::Of of{names[c], {}};
    for (const auto& group : groups)
      of.psth.push_back(peristimulus(page.data, c, group.trials, columns.view(), counts.grid));
    rates.panels.push_back(std::move(of));
  }
  return rates;
}

/// Of a unit in whose session no stimulus that is drawn was shown.
bool is_blank(const Panel& panel) {
  return std::none_of(panel.series.begin(), panel.series.end(), [](const Series& s) {
    return s.mark != Mark::unseen &&
           std::any_of(s.y.begin(), s.y.end(), [](double y) { return std::isfinite(y); });
  });
}

}  // namespace

Section neuron_rates(const NeuronPage& page, const TrialCounts& counts) {
  Section section{.heading = "Units"};
  section.words = {
      "What the model expects is averaged over exactly the trials observed, each for as long as it "
      "was, with the drift at its place in the session and the mean of the shared gain given its "
      "stimulus."};
  if (page.shown.size() < page.data.units())
    section.words.push_back("The units shown are those with the most spikes in these trials.");
  section.words.push_back(page.session_names(page.shown));

  std::vector<std::string> names;
  for (const auto u : page.shown) names.push_back(page.unit_name(u));
  Figure units = stimulus_figure(rates_of(page, counts, counts.shown, names), "Rates of units");
  units.name = "unit-" + units.name;
  section.figures = {std::move(units),
                     stimulus_figure(rates_of(page, counts, counts.regions, page.data.region_names),
                                     "Mean rates of regions' units")};
  for (auto& figure : section.figures) std::erase_if(figure.panels, is_blank);
  std::erase_if(section.figures, [](const Figure& figure) { return figure.panels.empty(); });
  return section;
}

}  // namespace nnpoisson::report
