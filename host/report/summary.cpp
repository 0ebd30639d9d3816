#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

/// Of an estimate whose interval does not hold 0, what it is; else that it may be nothing.
std::string beyond(const Estimate& bits, const std::string& model) {
  const char* verdict = bits.interval.low > 0    ? "better than"
                        : bits.interval.high < 0 ? "worse than"
                                                 : "not told from";
  return fmt::format("{} {} ({} bits a spike, {})", verdict, model, cell(bits.value, 4),
                     interval(bits, 4));
}

std::string spikes(const Evaluation& evaluation) {
  const SpikeScore& network = evaluation.scores.front();
  std::string words =
      fmt::format("Spikes: {} bits a spike ({}) over constant rates",
                  cell(network.bits_per_spike.value, 4), interval(network.bits_per_spike, 4));
  const char* before = "; the network is ";
  for (const auto& score : evaluation.scores) {
    if (score.model == SpikeModel::network || score.model == SpikeModel::constant) continue;
    words += before + beyond(score.network_bits, "the " + model_name(score.model));
    before = ", ";
  }
  const auto better = std::count_if(evaluation.regions.begin(), evaluation.regions.end(),
                                    [](const RegionEvaluation& r) { return r.bits_per_spike > 0; });
  return words + fmt::format(". {} of {} regions are described better than by a constant rate.",
                             better, evaluation.regions.size());
}

std::string choices(const Evaluation& evaluation, double limit) {
  const BehaviourEvaluation& b = evaluation.behaviour;
  if (b.left + b.right == 0)
    return fmt::format(
        "Behaviour: no trial was answered inside the window of {:g} s, so nothing can be said of "
        "choices and response times.",
        limit);
  std::string words =
      fmt::format("Behaviour: {} of {} trials were answered inside the window. Choice AUC {}",
                  b.left + b.right, b.trials, cell(b.auc));
  for (const auto& m : b.choice_models)
    if (m.model == ChoiceModel::logistic_regression)
      words += fmt::format(" ({} by logistic regression)", cell(m.auc.value));
  words += fmt::format(
      "; response time: median error {} s ({} s from one time for all); {} bits a trial over "
      "constant hazards",
      cell(b.median_error), cell(b.null_median_error), cell(b.bits_per_trial));
  for (const auto& m : b.response_models)
    if (m.model == ResponseModel::log_normal_race)
      words += fmt::format(" ({} by a log-normal race)", cell(m.bits_per_trial.value));
  return words + ".";
}

}  // namespace

Section summary(const Evaluation& evaluation, const Dataset& data, const Source& source) {
  const std::string what = fmt::format(
      "The network's intensities of {} and hazards of two actions, evaluated on {} ({}): {} of {}, "
      "{}, {} spikes.",
      counted(data.regions(), "region", "regions"), source.file, source.role,
      counted(data.trials(), "trial", "trials"), counted(data.sessions(), "session", "sessions"),
      counted(data.units(), "unit", "units"), evaluation.spikes);
  return {.heading = "", .words = {what, spikes(evaluation), choices(evaluation, data.time_limit)}};
}

}  // namespace nnpoisson::report
