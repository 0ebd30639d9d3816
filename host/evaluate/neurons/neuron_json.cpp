#include <cmath>

#include "evaluate/neurons/evaluate_neurons.hpp"
#include "storage/json_text.hpp"

namespace nnpoisson {
namespace {

using NeuronJson = nlohmann::ordered_json;

NeuronJson json_of(const TrialMean& mean) {
  return {{"value", mean.value}, {"error", mean.error}};
}

template <class Thing, class Convert>
NeuronJson each(const std::vector<Thing>& things, const Convert& convert) {
  NeuronJson json = NeuronJson::array();
  for (const auto& thing : things) json.push_back(convert(thing));
  return json;
}

void add_score(NeuronJson& json, const NeuronSpikeScore& score) {
  json["spikes"] = score.spikes;
  json["log_likelihood"] = score.log_likelihood;
  json["null_log_likelihood"] = score.null_log_likelihood;
  json["bits_per_spike"] = json_of(score.bits);
  json["bits_per_spike_given_others"] = json_of(score.bits_given_others);
}

NeuronJson json_of(const NeuronRegionScore& region) {
  NeuronJson json{{"name", region.name}, {"units", region.units}};
  add_score(json, region.score);
  return json;
}

NeuronJson json_of(const NeuronBehaviourScore& score) {
  return {{"from", score.from},
          {"trials", score.trials},
          {"alone", json_of(score.alone)},
          {"given_spikes", json_of(score.given_spikes)},
          {"of_spikes", json_of(score.of_spikes)}};
}

NeuronJson json_of(const NeuronChoiceScore& score) {
  return {{"name", score.name},
          {"log_likelihood", json_of(score.log_likelihood)},
          {"accuracy", json_of(score.accuracy)},
          {"model_given_spikes_over", json_of(score.model_over)},
          {"model_over", json_of(score.model_alone_over)}};
}

NeuronJson json_of(const RidgeTrial& tried) {
  return {{"ridge", tried.ridge}, {"log_likelihood", tried.log_likelihood}};
}

NeuronJson json_of(const NeuronBaselineScore& score,
                   const std::vector<NeuronRegionScore>& regions) {
  NeuronJson json{{"name", score.name},
                  {"ridge", score.ridge},
                  {"bits_per_spike", json_of(score.bits)},
                  {"model_over", json_of(score.model_over)},
                  {"regions", NeuronJson::array()},
                  {"log_likelihood", score.log_likelihood}};
  for (std::size_t g = 0; g < regions.size(); ++g)
    json["regions"].push_back({{"name", regions[g].name},
                               {"bits_per_spike", json_of(score.region_bits[g])},
                               {"model_over", json_of(score.region_model_over[g])}});
  return json;
}

}  // namespace

std::string neurons_to_json(const NeuronEvaluation& evaluation) {
  const auto convert = [](const auto& thing) { return json_of(thing); };
  NeuronJson spikes = NeuronJson::object();
  add_score(spikes, evaluation.spikes);
  spikes.erase("bits_per_spike_given_others");  // there are no others
  spikes["regions"] = each(evaluation.regions, convert);
  spikes["units"] = each(evaluation.units, [&](const NeuronUnitScore& unit) {
    NeuronJson json{{"session", unit.session},
                    {"id", unit.id},
                    {"region", evaluation.regions[unit.region].name}};
    add_score(json, unit.score);
    return json;
  });

  const auto& trial = evaluation.trial;
  const NeuronJson json{
      {"preset", "neurons"},
      {"null", "each unit's constant rate and constant hazards on the training set"},
      {"fitted_on", evaluation.fitted_on},
      {"spikes", spikes},
      {"behaviour", each(evaluation.behaviour, convert)},
      {"choice",
       {{"answered", evaluation.answered},
        {"models", each(evaluation.choice, convert)},
        {"ridges", each(evaluation.choice_ridges, convert)}}},
      {"baselines",
       each(evaluation.baselines,
            [&](const NeuronBaselineScore& score) { return json_of(score, evaluation.regions); })},
      {"glm_ridges", each(evaluation.glm_ridges, convert)},
      {"by_trial",
       {{"spikes", trial.spikes},
        {"log_likelihood", trial.log_likelihood},
        {"null_log_likelihood", trial.null_log_likelihood},
        {"behaviour_alone", trial.behaviour_alone},
        {"behaviour_given_spikes", trial.behaviour_given_spikes},
        {"null_behaviour", trial.null_behaviour}}}};
  return json_text(json);
}

}  // namespace nnpoisson
