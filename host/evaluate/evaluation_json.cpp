#include <nlohmann/json.hpp>

#include "evaluate/neurons/evaluate_neurons.hpp"
#include "nnpoisson/evaluate.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/json_text.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

Json by_action(const std::array<double, 2>& values) {
  return {{"left", values[0]}, {"right", values[1]}};
}

Json to_json(const Interval& interval) {
  return Json::array({interval.low, interval.high});
}
Json to_json(const Estimate& estimate) {
  return {{"value", estimate.value}, {"interval", to_json(estimate.interval)}};
}

template <class Thing>
Json list(const std::vector<Thing>& things, Json (*convert)(const Thing&)) {
  Json json = Json::array();
  for (const auto& thing : things) json.push_back(convert(thing));
  return json;
}

/// By model. `intervals`: there are any.
Json to_json(const SpikeScores& scores, bool intervals) {
  const auto number = [intervals](const Estimate& estimate) {
    return intervals ? to_json(estimate) : Json(estimate.value);
  };
  Json json = Json::object();
  for (const auto& score : scores) {
    Json& of_model = json[to_string(score.model)];
    of_model = {{"log_likelihood", score.log_likelihood},
                {"expected_spikes", score.expected},
                {"deviance", score.deviance},
                {"bits_per_spike", number(score.bits_per_spike)},
                {"pseudo_r2", number(score.pseudo_r2)}};
    if (score.model == SpikeModel::network) continue;
    of_model["network_bits_per_spike"] = number(score.network_bits);
    of_model["network_pseudo_r2"] = number(score.network_r2);
  }
  return json;
}

Json to_json(const Psth& psth) {
  return {{"exposure", psth.exposure},
          {"observed", psth.observed},
          {"standard_error", psth.standard_error},
          {"predicted", psth.predicted}};
}

Json to_json(const TrialGroup& group) {
  return {{"grouping", to_string(group.grouping)}, {"name", group.name}, {"trials", group.trials}};
}

Json to_json(const RegionEvaluation& region) {
  return {{"name", region.name},
          {"units", region.units},
          {"spikes", region.spikes},
          {"expected_spikes", region.expected},
          {"exposure", region.exposure},
          {"log_likelihood", region.log_likelihood},
          {"null_rate", region.null_rate},
          {"null_log_likelihood", region.null_log_likelihood},
          {"bits_per_spike", region.bits_per_spike},
          {"ks", region.ks},
          {"ks_band", region.ks_band},
          {"models", to_json(region.scores, true)},
          {"quantiles",
           {{"uniform", region.quantiles.uniform}, {"rescaled", region.quantiles.rescaled}}},
          {"psth", list(region.psth, to_json)}};
}

Json to_json(const UnitEvaluation& unit, const std::vector<RegionEvaluation>& regions) {
  return {{"session", unit.session},
          {"id", unit.id},
          {"region", regions[unit.region].name},
          {"spikes", unit.spikes},
          {"exposure", unit.exposure},
          {"ks", unit.ks},
          {"ks_band", unit.ks_band},
          {"models", to_json(unit.scores, false)}};
}

Json to_json(const PsychometricPoint& point) {
  return {{"axis", point.axis},          {"name", point.name},
          {"answered", point.answered},  {"left", point.left},
          {"observed", point.observed},  {"interval", to_json(point.binomial)},
          {"predicted", point.predicted}};
}

Json to_json(const CalibrationBin& bin) {
  return {{"answered", bin.answered},
          {"predicted", bin.predicted},
          {"observed", bin.observed},
          {"interval", to_json(bin.binomial)}};
}

Json to_json(const ActionTimes& times) {
  return {{"answered", times.answered},
          {"observed",
           {{"probability", times.observed_probability},
            {"quantiles", times.observed_quantiles},
            {"cumulative", times.observed_cumulative}}},
          {"predicted",
           {{"probability", times.predicted_probability},
            {"quantiles", times.predicted_quantiles},
            {"cumulative", times.predicted_cumulative}}}};
}

Json to_json(const ResponseTimes& times) {
  return {{"name", times.name},
          {"axis", times.axis},
          {"trials", times.trials},
          {"left", to_json(times.action[0])},
          {"right", to_json(times.action[1])}};
}

Json to_json(const ChoiceScore& score) {
  return {{"name", to_string(score.model)},
          {"log_likelihood", score.log_likelihood},
          {"bits_per_choice", to_json(score.bits_per_choice)},
          {"accuracy", to_json(score.accuracy)},
          {"auc", to_json(score.auc)}};
}

Json to_json(const ResponseScore& score) {
  return {{"name", to_string(score.model)},
          {"log_likelihood", by_action(score.log_likelihood)},
          {"bits_per_trial", to_json(score.bits_per_trial)}};
}

Json to_json(const JointTerm& term) {
  return {{"name", term.name},
          {"log_likelihood", term.log_likelihood},
          {"null_log_likelihood", term.null_log_likelihood}};
}

Json to_json(const GlmFit& glm) {
  Json json{{"bases", glm.bases},
            {"features", glm.features},
            {"ridge", glm.ridge},
            {"sets", Json::array()}};
  for (std::size_t set = 0; set < glm.coefficients.size(); ++set)
    json["sets"].push_back({{"constant_rate", glm.constant_rate[set]},
                            {"log_likelihood", glm.log_likelihood[set]},
                            {"coefficients", glm.coefficients[set]}});
  return json;
}

Json to_json(const BehaviourEvaluation& behaviour) {
  return {{"null", "constant hazards fitted on this dataset"},
          {"trials", behaviour.trials},
          {"left", behaviour.left},
          {"right", behaviour.right},
          {"log_likelihood", by_action(behaviour.log_likelihood)},
          {"null_rate", by_action(behaviour.null_rate)},
          {"null_log_likelihood", by_action(behaviour.null_log_likelihood)},
          {"bits_per_trial", behaviour.bits_per_trial},
          {"accuracy", behaviour.accuracy},
          {"base_rate", behaviour.base_rate},
          {"auc", behaviour.auc},
          {"median_error", behaviour.median_error},
          {"null_median_error", behaviour.null_median_error},
          {"terms",
           {{"exact", by_action(behaviour.exact_terms)},
            {"authors", by_action(behaviour.authors_terms)}}},
          {"choice_models", list(behaviour.choice_models, to_json)},
          {"response_models", list(behaviour.response_models, to_json)},
          {"calibration_error", behaviour.calibration_error},
          {"calibration", list(behaviour.calibration, to_json)},
          {"axis", behaviour.axis},
          {"psychometric", list(behaviour.psychometric, to_json)},
          {"response_time_quantiles", response_quantiles},
          {"response_time_grid", behaviour.response_time_grid},
          {"response_times", list(behaviour.response_times, to_json)}};
}

Json to_json(const StimulusEvaluation& stimulus) {
  return {{"stimulus", stimulus.stimulus},
          {"trials", stimulus.trials},
          {"left", stimulus.left},
          {"right", stimulus.right},
          {"median_time", stimulus.median_time},
          {"predicted", by_action({stimulus.predicted_left, stimulus.predicted_right})},
          {"predicted_median_time", stimulus.predicted_median_time}};
}

}  // namespace

std::string to_json(const Evaluation& evaluation) {
  if (evaluation.neurons) return neurons_to_json(*evaluation.neurons);
  Json json{{"null", evaluation.null},
            {"fitted_on", evaluation.fitted_on},
            {"spikes", evaluation.spikes},
            {"log_likelihood", evaluation.log_likelihood},
            {"null_log_likelihood", evaluation.null_log_likelihood},
            {"bits_per_spike", evaluation.bits_per_spike},
            {"models", to_json(evaluation.scores, true)},
            {"joint", list(evaluation.joint, to_json)},
            {"bin_edges", evaluation.bin_edges},
            {"groups", list(evaluation.groups, to_json)},
            {"regions", list(evaluation.regions, to_json)},
            {"units", Json::array()},
            {"behaviour", to_json(evaluation.behaviour)},
            {"stimuli", list(evaluation.stimuli, to_json)},
            {"glm", to_json(evaluation.glm)}};
  for (const auto& unit : evaluation.units)
    json["units"].push_back(to_json(unit, evaluation.regions));

  return json_text(json);
}

void write_evaluation(const std::filesystem::path& file, const Evaluation& evaluation) {
  write_text_file(file, to_json(evaluation));
}

}  // namespace nnpoisson
