#include <fmt/format.h>

#include <algorithm>

#include "report/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t fewest_answers = 5;  // of which quantiles say anything
constexpr const char* action_colours[] = {colour::left, colour::right};

Series diagonal() {
  return {.name = "equal", .mark = Mark::dashed, .colour = colour::grey, .x = {0, 1}, .y = {0, 1}};
}

/// A single panel, two of which stand side by side.
Figure single(Figure figure) {
  figure.columns = 1, figure.width = 330, figure.height = 240;
  return figure;
}

Figure psychometric(const BehaviourEvaluation& b) {
  Figure figure =
      single({.name = "psychometric",
              .caption = "Choices of the answered trials, with 95 % binomial (Wilson) intervals.",
              .x_label = b.axis.empty() ? "stimulus" : b.axis,
              .y_label = "share of left",
              .y_range = {0, 1}});
  Series observed{.name = "observed", .mark = Mark::points},
      predicted{.name = "model", .colour = colour::blue};
  for (const auto& p : b.psychometric) {
    observed.x.push_back(p.axis), observed.y.push_back(p.observed);
    observed.low.push_back(p.binomial.low), observed.high.push_back(p.binomial.high);
    predicted.y.push_back(p.predicted);
  }
  predicted.x = observed.x;
  figure.panels = {{"", {std::move(predicted), std::move(observed)}}};
  return figure;
}

Figure calibration(const BehaviourEvaluation& b) {
  Figure figure =
      single({.name = "calibration",
              .caption = fmt::format("Share of left among trials of like predicted share, with 95 "
                                     "% binomial intervals; expected calibration error {}.",
                                     cell(b.calibration_error)),
              .x_label = "predicted share of left",
              .y_label = "observed share of left",
              .x_range = {0, 1},
              .y_range = {0, 1}});
  Series observed{.name = "observed", .mark = Mark::points, .colour = colour::blue};
  for (const auto& bin : b.calibration) {
    observed.x.push_back(bin.predicted), observed.y.push_back(bin.observed);
    observed.low.push_back(bin.binomial.low), observed.high.push_back(bin.binomial.high);
  }
  figure.panels = {{"", {diagonal(), std::move(observed)}}};
  return figure;
}

/// Quantile q of one action's response times over the probability of that response: what the model
/// has, then what was observed.
std::array<Series, 2> quantile_series(const BehaviourEvaluation& b, std::size_t action,
                                      std::size_t q) {
  const std::string name = fmt::format("quantile {}", response_quantiles[q]);
  Series observed{
      .name = name + ", observed", .mark = Mark::points, .colour = action_colours[action]};
  Series predicted{.name = name + ", model", .colour = action_colours[action]};

  // The first entry is that of all stimuli together.
  std::vector<std::pair<double, double>> points;
  for (std::size_t k = 1; k < b.response_times.size(); ++k) {
    const ActionTimes& times = b.response_times[k].action[action];
    if (times.answered >= fewest_answers) {
      observed.x.push_back(times.observed_probability);
      observed.y.push_back(times.observed_quantiles[q]);
    }
    points.emplace_back(times.predicted_probability, times.predicted_quantiles[q]);
  }
  std::sort(points.begin(), points.end());
  for (const auto& [x, y] : points) predicted.x.push_back(x), predicted.y.push_back(y);
  return {std::move(predicted), std::move(observed)};
}

/// Quantiles of response times over the probability of that response, a column of points for each
/// stimulus.
Figure quantile_probability(const BehaviourEvaluation& b) {
  Figure figure{.name = "quantile-probability",
                .caption =
                    "Quantile-probability plot: response-time quantiles (0.1, 0.3, 0.5, 0.7, 0.9 "
                    "from below) over the probability of the response, "
                    "one column for each stimulus that has at least five such responses.",
                .x_label = "probability of the response",
                .y_label = "response time, s"};
  figure.columns = 2, figure.width = 330, figure.height = 240;
  figure.legend = {{"observed", Mark::points, colour::black}, {"model", Mark::line, colour::black}};

  for (std::size_t a = 0; a < actions.size(); ++a) {
    Panel panel{actions[a], {}};
    for (std::size_t q = 0; q < response_quantiles.size(); ++q)
      for (auto& series : quantile_series(b, a, q)) panel.series.push_back(std::move(series));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Figure defective(const BehaviourEvaluation& b) {
  Figure figure{.name = "response-times",
                .caption =
                    "Defective distributions of response times: probability of a response of each "
                    "action up to a time, by stimulus.",
                .x_label = "time from stimulus onset, s",
                .y_label = "probability of the response so far"};
  figure.y_range = {0, by_data};
  figure.legend = {{"left", Mark::line, colour::left},
                   {"right", Mark::line, colour::right},
                   {"model", Mark::line, colour::black},
                   {"observed", Mark::pale, colour::black}};

  for (const auto& times : b.response_times) {
    Panel panel{fmt::format("{} ({} trials)", times.name, times.trials), {}};
    for (std::size_t a = 0; a < actions.size(); ++a) {
      const std::string name = actions[a], colour = action_colours[a];
      panel.series.push_back({.name = name + ", observed",
                              .mark = Mark::pale,
                              .colour = colour,
                              .x = b.response_time_grid,
                              .y = times.action[a].observed_cumulative});
      panel.series.push_back({.name = name + ", model",
                              .colour = colour,
                              .x = b.response_time_grid,
                              .y = times.action[a].predicted_cumulative});
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

Table choice_table(const BehaviourEvaluation& b, const std::string& fitted_on) {
  Table table{.caption = "Choice, given that there is one. The simpler models are fitted on " +
                         fitted_on + ".",
              .head = {"model", "log-likelihood", "bits a choice", "interval", "accuracy",
                       "interval", "AUC", "interval"}};
  for (const auto& m : b.choice_models)
    table.rows.push_back({to_string(m.model), cell(m.log_likelihood, 1),
                          cell(m.bits_per_choice.value), interval(m.bits_per_choice),
                          cell(m.accuracy.value), interval(m.accuracy), cell(m.auc.value),
                          interval(m.auc)});
  return table;
}

Table response_table(const BehaviourEvaluation& b) {
  Table table{.caption = "Choice and response time together.",
              .head = {"model", "log-likelihood, left", "right",
                       "bits a trial over constant hazards", "interval"}};
  for (const auto& m : b.response_models)
    table.rows.push_back({to_string(m.model), cell(m.log_likelihood[0], 1),
                          cell(m.log_likelihood[1], 1), cell(m.bits_per_trial.value),
                          interval(m.bits_per_trial)});
  return table;
}

}  // namespace

std::vector<Figure> behaviour_figures(const BehaviourEvaluation& b) {
  return {psychometric(b), calibration(b), quantile_probability(b), defective(b)};
}

Section behaviour(const Evaluation& evaluation) {
  const BehaviourEvaluation& b = evaluation.behaviour;
  Section section{.heading = "Behaviour"};
  if (b.left + b.right == 0) {
    section.words = {
        fmt::format("None of the {} trials was answered inside the window, so nothing can be said "
                    "of choices and response times.",
                    b.trials)};
    return section;
  }
  section.words = {
      fmt::format("{} of {} trials were answered inside the window, {} left and {} right. Accuracy "
                  "{} (base rate {}), AUC {}; median error of the "
                  "response time {} s ({} s from one time for all).",
                  b.left + b.right, b.trials, b.left, b.right, cell(b.accuracy), cell(b.base_rate),
                  cell(b.auc), cell(b.median_error), cell(b.null_median_error))};
  if (!b.choice_models.empty())
    section.tables = {choice_table(b, evaluation.fitted_on), response_table(b)};
  section.figures = behaviour_figures(b);
  return section;
}

}  // namespace nnpoisson::report
