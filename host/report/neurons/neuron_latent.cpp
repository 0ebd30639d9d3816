#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "curves/log_sum.hpp"
#include "report/neurons/sections.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t most_points = 1000, most_followed = 400, steps_of_time = 20,
                      fewest_trials = 4;
constexpr std::array<const char*, 3> choice_names{"left", "right", "none"};
constexpr std::array<const char*, 3> choice_colours{colour::left, colour::right, colour::grey};

std::size_t choice_of(const Dataset& data, std::size_t n) {
  return data.trial.choice[n] == 0 ? 2 : data.action(n);
}

/// Mean of the latent given the spikes of a trial before a time.
double mean_latent(const NeuronPage& page, std::size_t n, double until) {
  std::vector<double> log_p = page.trials.curves(n).log_prior();
  const auto terms = page.trials.gain_terms(n, until);
  for (std::size_t i = 0; i < terms.size(); ++i) log_p[i % log_p.size()] += terms[i];
  const double all = log_of_sum(log_p);
  double mean = 0;
  for (std::size_t k = 0; k < log_p.size(); ++k)
    mean += std::exp(log_p[k] - all) * page.gains.nodes()[k];
  return mean;
}

/// Share of the trials of each choice whose latent lies below a value.
Figure latent_by_choice(const Dataset& data, const std::vector<double>& latent) {
  Figure figure{.name = "latent-choice",
                .caption = "Distributions of the trials' latent, by choice.",
                .x_label = "mean of u given the trial's spikes",
                .y_label = "share of trials below",
                .y_range = {0, 1}};
  figure.columns = 1, figure.width = 330, figure.height = 240;
  Panel panel{"", {}};
  for (std::size_t c = 0; c < choice_names.size(); ++c) {
    Series s{.name = choice_names[c], .colour = choice_colours[c]};
    for (std::size_t n = 0; n < latent.size(); ++n)
      if (choice_of(data, n) == c) s.x.push_back(latent[n]);
    std::sort(s.x.begin(), s.x.end());
    for (std::size_t i = 0; i < s.x.size(); ++i)
      s.y.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(s.x.size()));
    if (!s.x.empty()) panel.series.push_back(std::move(s));
  }
  figure.panels = {std::move(panel)};
  return figure;
}

/// Empty where no trial was answered.
Figure over_response_time(const Dataset& data, const std::vector<double>& latent) {
  Figure figure{.name = "latent-response-time",
                .caption = fmt::format("The latent of at most {} answered trials and their "
                                       "response times.",
                                       most_points),
                .x_label = "response time, s",
                .y_label = "mean of u given the trial's spikes"};
  figure.columns = 1, figure.width = 330, figure.height = 240;
  std::vector<std::size_t> answered;
  for (std::size_t n = 0; n < latent.size(); ++n)
    if (data.responded(n)) answered.push_back(n);
  if (answered.empty()) return figure;

  Panel panel{"", {}};
  for (const std::size_t c : {0U, 1U}) {
    Series s{.name = choice_names[c], .mark = Mark::points, .colour = choice_colours[c]};
    for (const auto n : spread_out(answered, most_points))
      if (data.action(n) == c) s.x.push_back(data.trial.response_time[n]), s.y.push_back(latent[n]);
    if (!s.x.empty()) panel.series.push_back(std::move(s));
  }
  figure.panels = {std::move(panel)};
  return figure;
}

/// The latent as the spikes come in: [trials x times], NaN where a trial is over.
std::vector<double> follow(const NeuronPage& page, const std::vector<std::size_t>& trials,
                           const std::vector<double>& times, Workers& workers) {
  std::vector<double> latent(trials.size() * times.size());
  workers.for_each(
      "latent over time: trials", trials.size(),
      [&](std::size_t i) {
        for (std::size_t k = 0; k < times.size(); ++k)
          latent[i * times.size() + k] =
              times[k] > page.data.trial.observed_until[trials[i]] * (1 + 1e-9)
                  ? by_data
                  : mean_latent(page, trials[i], times[k]);
      },
      1);
  return latent;
}

Figure latent_over_time(const NeuronPage& page, Workers& workers) {
  const Dataset& data = page.data;
  std::vector<std::size_t> trials(data.trials());
  std::iota(trials.begin(), trials.end(), std::size_t{0});
  trials = spread_out(trials, most_followed);
  const TimeGrid grid = time_grid(data, steps_of_time);
  std::vector<double> times;
  for (std::size_t b = 0; b <= grid.bins; ++b)
    times.push_back(std::min(grid.width * static_cast<double>(b), data.time_limit));
  const auto latent = follow(page, trials, times, workers);

  Figure figure{.name = "latent-time",
                .caption = fmt::format(
                    "A decision variable: what the spikes before a time tell of the latent, mean "
                    "over trials still observed (at least {}) of each later choice, ± 1 s.e. At 0 "
                    "there is what the stimulus tells. Of at most {} trials.",
                    fewest_trials, most_followed),
                .x_label = "time from stimulus onset, s",
                .y_label = "mean of u given the spikes so far"};
  figure.columns = 1, figure.width = 330, figure.height = 240;
  figure.x_range = {0, data.time_limit};
  Panel panel{"", {}};
  for (std::size_t c = 0; c < choice_names.size(); ++c) {
    Series s{.name = choice_names[c], .colour = choice_colours[c]};
    for (std::size_t k = 0; k < times.size(); ++k) {
      std::vector<double> values;
      for (std::size_t i = 0; i < trials.size(); ++i)
        if (const double u = latent[i * times.size() + k];
            choice_of(data, trials[i]) == c && !std::isnan(u))
          values.push_back(u);
      if (values.size() < fewest_trials) continue;
      const TrialMean mean = trial_mean(values);
      s.x.push_back(times[k]), s.y.push_back(mean.value);
      s.low.push_back(mean.value - mean.error), s.high.push_back(mean.value + mean.error);
    }
    if (!s.x.empty()) panel.series.push_back(std::move(s));
  }
  figure.panels = {std::move(panel)};
  return figure;
}

Figure loadings(const NeuronPage& page) {
  const Dataset& data = page.data;
  Figure figure{.name = "loadings",
                .caption =
                    "Loadings c of all units: by exp(c u - c²/2) the latent multiplies a "
                    "unit's rate. Units with few spikes have loadings close to 0.",
                .x_label = "loading c",
                .y_label = "region"};
  figure.categories = data.region_names;
  figure.columns = 1, figure.width = 330, figure.height = category_height(data.regions());
  Series units{.name = "unit", .mark = Mark::points, .colour = colour::blue};
  for (std::size_t u = 0; u < data.units(); ++u) {
    // Beside the middle of the row, in no order, so that points can be told apart.
    const double beside = std::fmod(static_cast<double>(u) * 0.618, 1.0) - 0.5;
    units.x.push_back(page.gains.loading(page.column[u]));
    units.y.push_back(static_cast<double>(data.unit.region[u]) + 0.6 * beside);
  }
  figure.panels = {{"", {upright(0, data.regions()), std::move(units)}}};
  return figure;
}

}  // namespace

Section neuron_latent(const NeuronPage& page, Workers& workers) {
  Section section{.heading = "Latent"};
  if (!page.model.neuron_shape.shared_gain) {
    section.words = {"model.shared_gain is off: nothing is shared between units in a trial."};
    return section;
  }
  section.words = {
      "Every trial has one number u, of mean square 1, that multiplies the rates of all units and "
      "the hazards of both actions, each in its own way. Here it is read from the spikes alone, "
      "without choice and response time. Its sign is such that it goes with choices of left, where "
      "there were choices to fit to."};
  std::vector<double> latent(page.data.trials());
  workers.for_each("latent: trials", latent.size(), [&](std::size_t n) {
    latent[n] = mean_latent(page, n, std::numeric_limits<double>::infinity());
  });
  section.figures = {latent_by_choice(page.data, latent), over_response_time(page.data, latent),
                     latent_over_time(page, workers), loadings(page)};
  std::erase_if(section.figures, [](const Figure& figure) {
    return figure.panels.empty() || figure.panels.front().series.empty();
  });
  if (page.behaviour.left + page.behaviour.right == 0)
    section.words.push_back(
        "No trial was answered inside the window, so there are no response "
        "times to set beside it.");
  return section;
}

}  // namespace nnpoisson::report
