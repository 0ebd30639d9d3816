#include <nlohmann/json.hpp>

#include "nnpoisson/evaluate.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

using Json = nlohmann::ordered_json;

Json by_action(const std::array<double, 2>& values) { return {{"left", values[0]}, {"right", values[1]}}; }

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
          {"ks_band", region.ks_band}};
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
          {"terms", {{"exact", by_action(behaviour.exact_terms)}, {"authors", by_action(behaviour.authors_terms)}}}};
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
  Json json{{"null", evaluation.null},
            {"spikes", evaluation.spikes},
            {"log_likelihood", evaluation.log_likelihood},
            {"null_log_likelihood", evaluation.null_log_likelihood},
            {"bits_per_spike", evaluation.bits_per_spike},
            {"regions", Json::array()},
            {"behaviour", to_json(evaluation.behaviour)},
            {"stimuli", Json::array()}};
  for (const auto& region : evaluation.regions) json["regions"].push_back(to_json(region));
  for (const auto& stimulus : evaluation.stimuli) json["stimuli"].push_back(to_json(stimulus));
  // Names come from files: a byte that is no UTF-8 must not end the program.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_evaluation(const std::filesystem::path& file, const Evaluation& evaluation) { write_text_file(file, to_json(evaluation)); }

}  // namespace nnpoisson
