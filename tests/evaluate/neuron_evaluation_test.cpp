#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>

#include "evaluate/neurons/spike_parts.hpp"
#include "neuron_golden.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Two units, two nodes: probabilities of the spikes at the nodes are (0.1, 0.3) and (0.2, 0.6),
/// the prior (0.25, 0.75).
TEST(NeuronSpikeParts, OfTwoUnitsByHand) {
  const SpikeParts parts{{std::log(0.25), std::log(0.75)},
                         {std::log(0.1), std::log(0.3), std::log(0.2), std::log(0.6)}};
  const double first = 0.25 * 0.1 + 0.75 * 0.3, second = 0.25 * 0.2 + 0.75 * 0.6,
               both = 0.25 * 0.1 * 0.2 + 0.75 * 0.3 * 0.6;
  const std::vector<std::size_t> apart{0, 2}, together{1, 1};
  const auto units = group_likelihoods(parts, apart, 3);
  EXPECT_NEAR(units.alone[0], std::log(first), 1e-14);
  EXPECT_NEAR(units.alone[2], std::log(second), 1e-14);
  EXPECT_NEAR(units.given_others[0], std::log(both / second), 1e-14);
  EXPECT_NEAR(units.given_others[2], std::log(both / first), 1e-14);
  EXPECT_EQ(units.alone[1], 0);
  EXPECT_EQ(units.given_others[1], 0);
  const auto region = group_likelihoods(parts, together, 2);
  EXPECT_NEAR(region.alone[1], std::log(both), 1e-14);
  EXPECT_NEAR(region.given_others[1], std::log(both), 1e-14);  // there are no others
}

TEST(NeuronTrialMeans, ByHand) {
  const std::vector<double> values{1, 5}, weights{1, 3}, none{0, 0};
  const auto ratio = trial_ratio(values, weights);  // 1.5; residues -0.5 and 0.5
  EXPECT_DOUBLE_EQ(ratio.value, 1.5);
  EXPECT_DOUBLE_EQ(ratio.error, std::sqrt(0.5) / 4);
  EXPECT_DOUBLE_EQ(trial_mean(values).value, 3);
  EXPECT_DOUBLE_EQ(trial_mean(values).error, std::sqrt(8.0) / 2);
  EXPECT_TRUE(std::isnan(trial_ratio(values, none).value));
}

/// A spike at its constant rate, and a count in a bin that the trial's end cuts.
TEST(NeuronConstantLikelihoods, ByHand) {
  Dataset data;
  data.time_limit = 1;
  data.session_names = {"a"};
  data.region_names = {"A"};
  data.trial.session = {0};
  data.trial.observed_until = {0.25};
  data.unit.session = {0, 0};
  data.unit.region = {0, 0};
  data.spike = {{0, 1}, {0.125}, {1}};
  const std::vector<double> rate{2, 8};
  const SessionUnits units(data, {0, 1});
  const auto spikes = constant_likelihoods(units, rate);
  EXPECT_DOUBLE_EQ(spikes.log_likelihood[0], -0.5);
  EXPECT_DOUBLE_EQ(spikes.log_likelihood[1], std::log(8) - 2);
  data.bin_width = 0.2;
  data.count = {{0, 1}, {1}, {1}, {3}};
  const auto counts = constant_likelihoods(units, rate);
  EXPECT_NEAR(counts.log_likelihood[1], 3 * std::log(8 * 0.05) - std::log(6) - 2, 1e-12);
  EXPECT_EQ(counts.spikes, (std::vector<double>{0, 3}));
}

class GoldenNeuronEvaluation : public ::testing::TestWithParam<std::string> {
 protected:
  void near(double found, double wanted, const std::string& what) const {
    EXPECT_NEAR(found, wanted, tolerance::golden_loss * std::max(1.0, std::abs(wanted))) << what;
  }
  const golden::NeuronCase case_{GetParam()};
  const Model model_ = case_.model();
  const Evaluation whole_ = evaluate(model_, case_.train);
  const NeuronEvaluation& found_ = *whole_.neurons;
};

TEST_P(GoldenNeuronEvaluation, TrialsAreTheOracles) {
  const auto joint = case_.numbers("trial/joint"), spikes = case_.numbers("trial/spikes"),
             behaviour = case_.numbers("trial/behaviour");
  const auto& trial = found_.trial;
  double over = 0, count = 0;
  for (std::size_t n = 0; n < joint.size(); ++n) {
    near(trial.log_likelihood[n], spikes[n], "spikes");
    near(trial.behaviour_alone[n], behaviour[n], "behaviour");
    EXPECT_NEAR(trial.behaviour_given_spikes[n], joint[n] - spikes[n],
                2 * tolerance::golden_loss * std::abs(joint[n]));
    over += spikes[n] - trial.null_log_likelihood[n];
    count += trial.spikes[n];
  }
  EXPECT_NEAR(found_.spikes.bits.value, over / count / std::numbers::ln2, 1e-8);
  EXPECT_EQ(found_.spikes.spikes, sum(trial.spikes));
}

/// Counts and the null add up over units and regions; likelihoods of a trial do where no latent is
/// shared.
TEST_P(GoldenNeuronEvaluation, UnitsAndRegionsAddUp) {
  double units = 0, regions = 0, spikes = 0, null = 0, null_units = 0;
  for (const auto& unit : found_.units) {
    units += unit.score.log_likelihood;
    spikes += unit.score.spikes;
    null_units += unit.score.null_log_likelihood;
  }
  for (const auto& region : found_.regions) {
    regions += region.score.log_likelihood;
    null += region.score.null_log_likelihood;
  }
  EXPECT_EQ(spikes, found_.spikes.spikes);
  near(null, found_.spikes.null_log_likelihood, "null of regions");
  near(null_units, found_.spikes.null_log_likelihood, "null of units");
  near(sum(found_.trial.log_likelihood), found_.spikes.log_likelihood, "trials");
  if (model_.neuron_shape.shared_gain) return;
  near(units, found_.spikes.log_likelihood, "units");
  near(regions, found_.spikes.log_likelihood, "regions");
  for (const auto& unit : found_.units)
    if (unit.score.spikes > 0)
      near(unit.score.bits_given_others.value, unit.score.bits.value, "given the others");
}

/// From a time on: the chain rule with what NeuronTrials says of a trial cut there.
TEST_P(GoldenNeuronEvaluation, BehaviourFromATimeOn) {
  const NeuronTrials trials(model_, case_.train);
  ASSERT_EQ(found_.behaviour.size(), 4U);
  for (const auto& score : found_.behaviour) {
    if (std::isinf(score.from)) continue;
    const auto& fixed = model_.neuron_constants.hazard;
    double alone = 0, count = 0;
    for (std::size_t n = 0; n < case_.train.trials(); ++n) {
      const bool responded = case_.train.responded(n);
      const double waited =
          responded ? case_.train.trial.response_time[n] : case_.train.trial.observed_until[n];
      if (waited <= score.from) continue;
      alone += trials.read(n).behaviour - trials.read(n, score.from).behaviour +
               (fixed[0] + fixed[1]) * (waited - score.from) -
               (responded ? std::log(fixed[case_.train.action(n)]) : 0);
      ++count;
    }
    EXPECT_EQ(static_cast<double>(score.trials), count);
    if (count == 0) continue;
    EXPECT_NEAR(score.alone.value, alone / count, 1e-9);
    if (model_.neuron_shape.shared_gain) continue;
    EXPECT_NEAR(score.given_spikes.value, score.alone.value, 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenNeuronEvaluation, ::testing::ValuesIn(golden::neuron_cases()),
                         golden::case_name);

/// What the oracle's report() prints for these cases.
TEST(GoldenNeuronReport, IsTheOracles) {
  struct Report {
    const char* name;
    double bits, error, alone, given, choice, choice_given;
  };
  const std::vector<Report> reports{
      {"neurons-rats/default", -0.17317627432648935, 0.013664907580418549, 0.17091654047360158,
       0.16557389569060824, -0.6608042174627093, -0.656786443533822},
      {"neurons-times/default", -0.052182618962263984, 0.019327190422979014, 0.16976740864463266,
       0.17409218433404056, -0.46558787619481085, -0.46302020300019764},
      {"neurons-rats/regions", -0.12486615875879456, 0.008852383526755131, -1.039849726158863,
       -1.1071713546873945, -0.8629381592017885, -0.8573287072731943}};
  for (const auto& wanted : reports) {
    const golden::NeuronCase c(wanted.name);
    const Evaluation whole = evaluate(c.model(), c.train);
    const NeuronEvaluation& found = *whole.neurons;
    EXPECT_NEAR(found.spikes.bits.value, wanted.bits, 1e-9) << wanted.name;
    EXPECT_NEAR(found.spikes.bits.error, wanted.error, 1e-9) << wanted.name;
    EXPECT_NEAR(found.behaviour.front().alone.value, wanted.alone, 1e-8) << wanted.name;
    EXPECT_NEAR(found.behaviour.front().given_spikes.value, wanted.given, 1e-8) << wanted.name;
    EXPECT_NEAR(found.choice[0].log_likelihood.value, wanted.choice, 1e-8) << wanted.name;
    EXPECT_NEAR(found.choice[1].log_likelihood.value, wanted.choice_given, 1e-8) << wanted.name;
  }
}

TEST(GoldenNeuronJson, HasTheKeysOfTheDocument) {
  const golden::NeuronCase c("neurons-rats/default");
  const Evaluation whole = evaluate(c.model(), c.train, {.training = &c.train, .threads = 2});
  const auto json = nlohmann::json::parse(to_json(whole));
  for (const char* key : {"preset", "null", "fitted_on", "spikes", "behaviour", "choice",
                          "baselines", "glm_ridges", "by_trial"})
    EXPECT_TRUE(json.contains(key)) << key;
  const auto& spikes = json["spikes"];
  EXPECT_EQ(spikes["bits_per_spike"]["error"].get<double>(), whole.neurons->spikes.bits.error);
  EXPECT_EQ(spikes["regions"].size(), c.train.regions());
  EXPECT_EQ(spikes["units"].size(), c.train.units());
  EXPECT_TRUE(spikes["units"][0]["bits_per_spike_given_others"].contains("value"));
  EXPECT_TRUE(json["behaviour"][0]["from"].is_null());
  EXPECT_EQ(json["choice"]["models"][4]["name"], "logistic regression on counts");
  EXPECT_EQ(json["choice"]["ridges"].size(), 6U);
  EXPECT_EQ(json["by_trial"]["null_behaviour"].size(), c.train.trials());
  EXPECT_EQ(json["glm_ridges"].size(), 3U);
  EXPECT_EQ(json["baselines"][0]["name"], "glm");
  EXPECT_EQ(json["baselines"][1]["name"], "glm with drift and gains");
  EXPECT_GT(json["baselines"][1]["bits_per_spike"]["value"].get<double>(),
            json["baselines"][0]["bits_per_spike"]["value"].get<double>());
  EXPECT_EQ(json["baselines"][0]["regions"].size(), c.train.regions());
  EXPECT_GT(json["baselines"][0]["bits_per_spike"]["value"].get<double>(), 0);  // on its own trials
  EXPECT_EQ(to_json(evaluate(c.model(), c.train, {.training = &c.train, .threads = 1})),
            to_json(whole));
}

}  // namespace
}  // namespace nnpoisson
