#include <fmt/format.h>

#include <cmath>

#include "report/neurons/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

std::string spikes_in_words(const NeuronEvaluation& evaluation) {
  if (!(evaluation.spikes.spikes > 0)) return "Spikes: there are none in these trials.";
  const TrialMean& bits = evaluation.spikes.bits;
  std::string words = fmt::format(
      "Spikes: {} bits a spike over constant rates: the model makes a spike {} times as likely as "
      "the unit's constant rate does, on average.",
      with_error(bits), cell(std::exp2(bits.value), 2));
  const char* before =
      " A GLM is a Poisson regression of each unit on stimulus and time: the model is ";
  for (const auto& baseline : evaluation.baselines) {
    words += fmt::format("{}{} the {} (difference {} bits a spike)", before,
                         verdict(baseline.model_over), baseline_name(baseline.name),
                         with_error(baseline.model_over, 4));
    before = ", and ";
  }
  return words + (evaluation.baselines.empty() ? "" : ".");
}

std::string behaviour_in_words(const NeuronPage& page) {
  const NeuronEvaluation& evaluation = page.evaluation;
  if (evaluation.answered == 0)
    return fmt::format(
        "Behaviour: no trial was answered inside the window of {:g} s, so nothing can be said of "
        "choices and response times.",
        page.data.time_limit);
  const NeuronBehaviourScore& score = evaluation.behaviour.front();
  return fmt::format(
      "Behaviour: {} of {} were answered inside the window. From the stimulus alone the model "
      "tells "
      "choice and response time {} nats a trial better than constant hazards do; given the trial's "
      "spikes too, {}. At the time of the response the likelier action was chosen in {} % of these "
      "trials, {} % given the spikes.",
      evaluation.answered, counted(page.data.trials(), "trial", "trials"), with_error(score.alone),
      with_error(score.given_spikes), cell(100 * evaluation.choice[0].accuracy.value, 0),
      cell(100 * evaluation.choice[1].accuracy.value, 0));
}

Table lead_table(const NeuronEvaluation& evaluation) {
  Table table{.caption = "", .head = {"gain", "value", "standard error", ""}};
  const auto add = [&](const std::string& what, const TrialMean& mean, const char* unit) {
    if (!std::isnan(mean.value))
      table.rows.push_back({what, cell(mean.value, 4), cell(mean.error, 4), unit});
  };
  add("spikes, over constant rates", evaluation.spikes.bits, "bits a spike");
  for (const auto& baseline : evaluation.baselines)
    add("spikes, over the " + baseline_name(baseline.name), baseline.model_over, "bits a spike");
  if (evaluation.answered == 0) return table;
  const NeuronBehaviourScore& score = evaluation.behaviour.front();
  add("behaviour from the stimulus, over constant hazards", score.alone, "nats a trial");
  add("the same given the spikes", score.given_spikes, "nats a trial");
  add("what the spikes add", score.of_spikes, "nats a trial");
  return table;
}

}  // namespace

Section neuron_summary(const NeuronPage& page, const Source& source) {
  const Dataset& data = page.data;
  const std::string what = fmt::format(
      "A model of every unit's spikes, of choice and of response time (preset neurons), evaluated "
      "on {} ({}): {}, {}, {} in {}, {:.0f} spikes.",
      source.file, source.role, counted(data.trials(), "trial", "trials"),
      counted(data.sessions(), "session", "sessions"), counted(data.units(), "unit", "units"),
      counted(data.regions(), "region", "regions"), page.evaluation.spikes.spikes);
  Section section{.heading = "",
                  .words = {what, spikes_in_words(page.evaluation), behaviour_in_words(page)}};
  if (auto table = lead_table(page.evaluation); !table.rows.empty())
    section.tables.push_back(std::move(table));
  return section;
}

}  // namespace nnpoisson::report
