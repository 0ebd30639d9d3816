#include <fmt/format.h>

#include <cmath>

#include "report/neurons/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

Table table_of_times(const NeuronEvaluation& evaluation) {
  Table table{.caption =
                  "Choice and response time, nats a trial over constant hazards, ± 1 s.e. From a "
                  "time on: what comes after it, given the spikes before it, in trials that were "
                  "not over by then.",
              .head = {"spikes given", "trials", "from the stimulus", "given the spikes too",
                       "the spikes add"}};
  for (const auto& score : evaluation.behaviour) {
    if (score.trials == 0) continue;
    table.rows.push_back({std::isinf(score.from) ? "all" : fmt::format("before {:g} s", score.from),
                          fmt::format("{}", score.trials), with_error(score.alone),
                          with_error(score.given_spikes), with_error(score.of_spikes)});
  }
  return table;
}

Table table_of_choices(const NeuronEvaluation& evaluation) {
  Table table{.caption = "The choice of an answered trial, given its time.",
              .head = {"model", "nats a choice", "accuracy", "this model given spikes, over it"}};
  if (!evaluation.fitted_on.empty())
    table.caption += " The regressions are fitted on " + evaluation.fitted_on + ".";
  for (std::size_t m = 0; m < evaluation.choice.size(); ++m) {
    const NeuronChoiceScore& score = evaluation.choice[m];
    table.rows.push_back({score.name, with_error(score.log_likelihood), with_error(score.accuracy),
                          m == 1 ? "" : with_error(score.model_over)});
  }
  return table;
}

}  // namespace

Section neuron_behaviour(const NeuronPage& page) {
  const BehaviourEvaluation& b = page.behaviour;
  Section section{.heading = "Behaviour"};
  if (b.left + b.right == 0) {
    section.words = {
        fmt::format("None of the {} was answered inside the window, so nothing can be said of "
                    "choices and response times.",
                    counted(b.trials, "trial", "trials"))};
    return section;
  }
  section.words = {
      fmt::format("{} of {} were answered inside the window, {} left and {} right.",
                  b.left + b.right, counted(b.trials, "trial", "trials"), b.left, b.right),
      "The figures show what the model predicts from the stimulus alone, over all values of the "
      "latent."};
  section.tables = {table_of_times(page.evaluation), table_of_choices(page.evaluation)};
  section.figures = behaviour_figures(b);
  return section;
}

}  // namespace nnpoisson::report
