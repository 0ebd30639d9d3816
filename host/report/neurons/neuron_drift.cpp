#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/neurons/sections.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t most_blocks = 8, fewest_trials_a_block = 5, steps_of_session = 60;

/// A unit's trials in the order of their session, with spikes seen and expected without drift.
struct SessionCounts {
  std::vector<double> place, observed, expected;
};
SessionCounts session_counts(const NeuronPage& page, const TrialCounts& counts, std::size_t k) {
  const Dataset& data = page.data;
  const std::size_t unit = page.shown[k], bins = counts.grid.bins;
  auto trials = trials_by_session(data)[static_cast<std::size_t>(data.unit.session[unit])];
  std::stable_sort(trials.begin(), trials.end(),
                   [&](std::size_t a, std::size_t b) { return page.place[a] < page.place[b]; });
  SessionCounts of;
  for (const auto n : trials) {
    double observed = 0, expected = 0;
    for (std::size_t b = 0; b < bins; ++b) {
      const std::size_t at = (n * counts.shown.count + k) * bins + b;
      observed += counts.shown.observed[at], expected += counts.shown.expected[at];
    }
    of.place.push_back(page.place[n]);
    of.observed.push_back(observed), of.expected.push_back(expected / page.drift(n, unit));
  }
  return of;
}

Panel drift_panel(const NeuronPage& page, const TrialCounts& counts, std::size_t k) {
  Series model{.name = "model", .colour = colour::blue},
      observed{.name = "observed", .mark = Mark::points};
  for (std::size_t i = 0; i <= steps_of_session; ++i) {
    model.x.push_back(static_cast<double>(i) / steps_of_session);
    model.y.push_back(std::exp(page.gains.log_drift(page.column[page.shown[k]], model.x.back())));
  }

  const SessionCounts of = session_counts(page, counts, k);
  const std::size_t T = of.place.size(),
                    blocks = std::clamp<std::size_t>(T / fewest_trials_a_block, 1, most_blocks);
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = block * T / blocks, size = (block + 1) * T / blocks - first;
    const TrialMean ratio = trial_ratio(std::span(of.observed).subspan(first, size),
                                        std::span(of.expected).subspan(first, size));
    observed.x.push_back(trial_mean(std::span(of.place).subspan(first, size)).value);
    observed.y.push_back(ratio.value);
    observed.low.push_back(ratio.value - ratio.error);
    observed.high.push_back(ratio.value + ratio.error);
  }
  return {page.unit_name(page.shown[k]), {std::move(model), std::move(observed)}};
}

}  // namespace

Section neuron_drift(const NeuronPage& page, const TrialCounts& counts) {
  Section section{.heading = "Drift"};
  if (!page.model.neuron_shape.drift) {
    section.words = {"model.drift is off: a unit's rate does not change over the session."};
    return section;
  }
  Figure figure{.name = "drift",
                .caption = fmt::format(
                    "The factor by which a unit's rate drifts over the session, and counts "
                    "observed over those expected without drift, in at most {} blocks of trials, "
                    "± 1 s.e.",
                    most_blocks),
                .x_label = "place in the session, 0 the first trial, 1 the last",
                .y_label = "factor of the rate",
                .x_range = {0, 1},
                .y_range = {0, by_data}};
  for (std::size_t k = 0; k < page.shown.size(); ++k)
    figure.panels.push_back(drift_panel(page, counts, k));
  section.words = {figure.panels.empty() ? "No unit has spikes in these trials."
                                         : "The units are those of section Units."};
  if (!figure.panels.empty()) section.figures = {std::move(figure)};
  return section;
}

}  // namespace nnpoisson::report
