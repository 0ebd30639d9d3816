#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "data/trial_events.hpp"
#include "report/neurons/sections.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t most_rasters = 6, most_rows = 200;
constexpr double fewest_spikes_a_trial = 0.5;

/// One unit in trials of one choice.
struct RateMoments {
  double trials = 0, spikes = 0, sum = 0, squares = 0;
  void add(double count, double seconds) {
    const double rate = count / seconds;
    trials += 1, spikes += count, sum += rate, squares += rate * rate;
  }
  [[nodiscard]] double mean() const { return sum / trials; }
  [[nodiscard]] double squared_error() const {
    return (squares / trials - mean() * mean()) / (trials - 1);
  }
};

/// How many standard errors the rates of every unit differ by between trials answered left and
/// right; -1 where there are too few spikes or choices to tell.
std::vector<double> choice_differences(const NeuronPage& page) {
  const Dataset& data = page.data;
  std::vector<std::array<RateMoments, 2>> moments(data.units());
  std::vector<double> count(data.units());
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (data.trial.choice[n] == 0) continue;
    const auto& units = page.trials.units(static_cast<std::size_t>(data.trial.session[n]));
    for (const auto u : units) count[u] = 0;
    for_each_event(data, n,
                   [&](double, std::size_t u, double spikes, std::size_t) { count[u] += spikes; });
    for (const auto u : units)
      moments[u][data.action(n)].add(count[u], data.trial.observed_until[n]);
  }

  std::vector<double> differences;
  for (const auto& [left, right] : moments) {
    const bool enough =
        left.trials > 1 && right.trials > 1 &&
        left.spikes + right.spikes >= fewest_spikes_a_trial * (left.trials + right.trials);
    const double errors = std::abs(left.mean() - right.mean()) /
                          std::sqrt(left.squared_error() + right.squared_error());
    differences.push_back(enough && std::isfinite(errors) ? errors : -1);
  }
  return differences;
}

/// The units whose rates differ most between the choices, or else those with the most spikes.
struct RasterUnits {
  std::vector<std::size_t> units;
  bool by_choice = false;
};
RasterUnits raster_units(const NeuronPage& page) {
  const auto differences = choice_differences(page);
  std::vector<std::size_t> units;
  for (std::size_t u = 0; u < differences.size(); ++u)
    if (differences[u] >= 0) units.push_back(u);
  const bool by_choice = !units.empty();
  if (!by_choice) units = page.shown;
  std::stable_sort(units.begin(), units.end(),
                   [&](std::size_t a, std::size_t b) { return differences[a] > differences[b]; });
  units.resize(std::min(units.size(), most_rasters));
  return {units, by_choice};
}

/// A session's trials by choice, left first, then by response time.
std::vector<std::size_t> sorted_trials(const Dataset& data, std::int32_t session) {
  auto trials = trials_by_session(data)[static_cast<std::size_t>(session)];
  const auto key = [&](std::size_t n) {
    const double time = data.trial.response_time[n];
    const int choice = data.trial.choice[n] == 0 ? 2 : static_cast<int>(data.action(n));
    return std::pair(choice, std::isnan(time) ? std::numeric_limits<double>::infinity() : time);
  };
  std::stable_sort(trials.begin(), trials.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return trials;
}

/// Of counts one series of cells, else strokes for each choice.
std::vector<Series> spike_marks(const Dataset& data, std::size_t unit,
                                const std::vector<std::size_t>& trials) {
  std::vector<Series> of_choice{{.name = "left", .mark = Mark::ticks, .colour = colour::left},
                                {.name = "right", .mark = Mark::ticks, .colour = colour::right},
                                {.name = "no choice", .mark = Mark::ticks, .colour = colour::grey}};
  if (data.binned()) of_choice = {{.name = "spikes", .mark = Mark::cells}};
  for (std::size_t row = 0; row < trials.size(); ++row) {
    const std::size_t n = trials[row];
    const std::size_t choice = data.trial.choice[n] == 0 ? 2 : data.action(n);
    Series& s = of_choice[data.binned() ? 0 : choice];
    for_each_event(data, n, [&](double time, std::size_t u, double spikes, std::size_t) {
      if (u != unit) return;
      s.x.push_back(time), s.y.push_back(static_cast<double>(row + 1));
      if (data.binned()) s.value.push_back(spikes);
    });
  }
  return of_choice;
}

/// Lines between the rows of different choices.
Series choice_borders(const Dataset& data, const std::vector<std::size_t>& trials) {
  Series s{.mark = Mark::dashed, .colour = colour::grey};
  for (std::size_t row = 1; row < trials.size(); ++row) {
    if (data.trial.choice[trials[row]] == data.trial.choice[trials[row - 1]]) continue;
    const double y = static_cast<double>(row) + 0.5;
    s.x.insert(s.x.end(), {0, data.time_limit, by_data}), s.y.insert(s.y.end(), {y, y, by_data});
  }
  return s;
}

Panel raster_panel(const NeuronPage& page, std::size_t unit) {
  const Dataset& data = page.data;
  const auto trials = spread_out(sorted_trials(data, data.unit.session[unit]), most_rows);
  Panel panel{page.unit_name(unit), {}};
  for (auto& s : spike_marks(data, unit, trials))
    if (!s.x.empty()) panel.series.push_back(std::move(s));
  if (auto borders = choice_borders(data, trials); !borders.x.empty())
    panel.series.push_back(std::move(borders));
  Series response{.name = "response", .mark = Mark::ticks};
  for (std::size_t row = 0; row < trials.size(); ++row)
    if (const double time = data.trial.response_time[trials[row]]; time <= data.time_limit)
      response.x.push_back(time), response.y.push_back(static_cast<double>(row + 1));
  if (!response.x.empty()) panel.series.push_back(std::move(response));
  panel.y_range = {0.5, static_cast<double>(trials.size()) + 0.5};
  return panel;
}

}  // namespace

Section neuron_rasters(const NeuronPage& page) {
  const auto [units, by_choice] = raster_units(page);
  Section section{.heading = "Rasters"};
  section.words = {
      by_choice ? "The units are those whose rates differ most, in standard errors, between trials "
                  "answered left and right."
                : "There are too few choices or spikes to tell which units say most; the units "
                  "are those with the most spikes.",
      page.session_names(units)};
  Figure figure{.name = "rasters",
                .caption = fmt::format(
                    "{} of single trials, a row each, from below: answered left, right, not; by "
                    "response time, which black strokes mark inside the window. Of more than {} "
                    "trials of a session, so many are drawn, evenly apart.",
                    page.data.binned() ? "Spike counts" : "Spikes", most_rows),
                .x_label = "time from stimulus onset, s",
                .y_label = "trials, by choice and response time",
                .value_label = "spikes",
                .x_range = {0, page.data.time_limit}};
  figure.columns = 3, figure.width = 240, figure.height = 260;
  for (const auto u : units) figure.panels.push_back(raster_panel(page, u));
  if (!figure.panels.empty()) section.figures = {std::move(figure)};
  return section;
}

}  // namespace nnpoisson::report
