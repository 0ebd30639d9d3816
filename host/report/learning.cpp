#include <fmt/format.h>

#include "report/sections.hpp"

namespace nnpoisson::report {

Section learning(const Run& run) {
  Figure figure{.name = "learning",
                .caption =
                    "Losses by iteration; lower is better. Those of training are means over an "
                    "iteration, taken while the weights move.",
                .x_label = "iterations",
                .y_label = run.model.preset == Preset::authors
                               ? "loss of the published program"
                               : "minus log-likelihood, nats a trial"};
  figure.log_x = true, figure.columns = 3, figure.width = 220, figure.height = 160;

  std::string chosen;
  for (const auto& note : run.notes)
    if (note.starts_with("model.h5 holds")) chosen = note + ".";

  // Iterations are numbered from 0; a loss is known when one has ended.
  std::vector<double> finished = run.iteration;
  for (double& n : finished) ++n;
  const auto [left, right] = term_names(run.model.preset);
  const std::pair<const char*, std::vector<double> Losses::*> terms[] = {
      {"spikes", &Losses::neural}, {left, &Losses::left}, {right, &Losses::right}};
  for (const auto& [title, term] : terms) {
    const bool penalty = run.model.preset == Preset::neurons && term == &Losses::right;
    Panel panel{title, {}};
    const auto add = [&, member = term](const char* name, const char* colour,
                                        const Losses& losses) {
      if (!losses.total.empty() && !(penalty && &losses != &run.training))
        panel.series.push_back(
            {.name = name, .colour = colour, .x = finished, .y = losses.*member});
    };

    add("training", colour::grey, run.training);
    add("validation", colour::orange, run.validation);
    add("test", colour::blue, run.testing);
    figure.panels.push_back(std::move(panel));
  }
  return {.heading = "Learning", .words = {chosen}, .figures = {std::move(figure)}};
}

}  // namespace nnpoisson::report
