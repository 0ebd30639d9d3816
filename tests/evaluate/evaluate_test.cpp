#include "nnpoisson/evaluate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>

#include "known_data.hpp"
#include "nnpoisson/curves.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

TEST(Evaluate, TheTrueModelBeatsTheNullInEveryRegionAndChoice) {
  const Evaluation evaluation = evaluate(known_model(), known_draw(400, 1));
  EXPECT_EQ(evaluation.null, "constant rate fitted on this dataset");
  for (const auto& region : evaluation.regions) {
    EXPECT_GT(region.bits_per_spike, 0.02) << region.name;
    EXPECT_NEAR(region.expected, static_cast<double>(region.spikes), 4 * std::sqrt(region.expected))
        << region.name;
    EXPECT_NEAR(region.null_rate, static_cast<double>(region.spikes) / region.exposure, 1e-12);
  }
  EXPECT_GT(evaluation.bits_per_spike, 0.1);
  EXPECT_GT(evaluation.behaviour.bits_per_trial, 1);
  EXPECT_GT(evaluation.behaviour.accuracy, evaluation.behaviour.base_rate + 0.1);
  EXPECT_GT(evaluation.behaviour.auc, 0.7);
  EXPECT_LT(evaluation.behaviour.median_error, evaluation.behaviour.null_median_error);
}

TEST(Evaluate, TheModelsOwnRatesAreTheNullWhereItHasThem) {
  Model model = known_model();
  model.constant_rate = {5, 6, 7, 8, 9, 10};
  const Dataset data = known_draw(40, 1);
  const Evaluation evaluation = evaluate(model, data);
  EXPECT_EQ(evaluation.null, "constant rate fitted on the training set");
  double null = 0;
  for (std::size_t g = 0; g < 6; ++g) {
    const auto& region = evaluation.regions[g];
    const auto spikes = static_cast<double>(region.spikes);
    EXPECT_NEAR(region.null_rate, model.constant_rate[g], 1e-12);
    EXPECT_NEAR(region.null_log_likelihood,
                spikes * std::log(region.null_rate) - region.null_rate * region.exposure, 1e-9);
    EXPECT_NEAR(region.bits_per_spike * spikes * std::numbers::ln2,
                region.log_likelihood - region.null_log_likelihood, 1e-9);
    null += region.null_log_likelihood;
  }
  EXPECT_NEAR(evaluation.null_log_likelihood, null, 1e-9);
}

/// The wrong model: the stimulus' two sides exchanged.
TEST(Evaluate, AWrongModelIsSeenEverywhere) {
  const Model model = known_model();
  Dataset data = known_draw(400, 1);
  const Evaluation right = evaluate(model, data);
  for (std::size_t n = 0; n < data.trials(); ++n)
    std::swap(data.trial.stimulus[2 * n], data.trial.stimulus[2 * n + 1]);
  const Evaluation wrong = evaluate(model, data);
  EXPECT_LT(wrong.log_likelihood, right.log_likelihood - 1000);
  EXPECT_LT(wrong.behaviour.bits_per_trial, 0);
  EXPECT_LT(wrong.behaviour.auc, 0.3);
  for (const std::size_t visual : {4U, 5U})
    EXPECT_GT(wrong.regions[visual].ks, wrong.regions[visual].ks_band);
}

TEST(Evaluate, DoesNotDependOnThreads) {
  const Model model = known_model();
  const Dataset data = known_draw(100, 1);
  const std::string once = to_json(evaluate(model, data, {.threads = 1}));
  for (const int threads : {2, 7})
    EXPECT_EQ(to_json(evaluate(model, data, {.threads = threads})), once);
}

/// Every phase's last piece is told, none goes back, and the numbers are those without a watch.
TEST(Evaluate, ProgressReachesTheEndOfEveryPhaseAndChangesNothing) {
  const Model model = known_model();
  const Dataset data = known_draw(60, 1);
  std::map<std::string, Progress> last;
  const auto follow = [&](const Progress& now) {
    const Progress& before = last[now.phase];
    EXPECT_GE(now.done, before.done) << now.phase;
    EXPECT_GE(now.seconds, before.seconds) << now.phase;
    last[now.phase] = now;
  };
  EXPECT_EQ(to_json(evaluate(model, data, {.resamples = 20, .threads = 1}, {follow})),
            to_json(evaluate(model, data, {.resamples = 20, .threads = 2})));

  for (const auto& [phase, progress] : last) EXPECT_EQ(progress.done, progress.all) << phase;
  EXPECT_EQ(last.at("network: trials").all, 60U);
  EXPECT_EQ(last.at("GLM: fits of a column").all, 6 * EvaluationOptions().folds);
  EXPECT_EQ(last.at("spikes: resamples").all, 20U);
  EXPECT_EQ(last.count("choices: resamples"), 1U);
}

/// Wherever it is: after the first word of a phase no other phase begins.
TEST(Evaluate, EndsSoonWhenStopped) {
  const Model model = known_model();
  const Dataset data = known_draw(60, 1);
  for (const char* phase :
       {"network: trials", "GLM: fits of a column", "psth: trials", "spikes: resamples"}) {
    std::atomic<bool> stop{false};
    bool reached = false;
    const auto stop_there = [&](const Progress& now) {
      EXPECT_FALSE(reached) << now.phase << " was told of after the stop";
      reached = now.phase == phase;
      stop = reached;
    };
    EXPECT_THROW(static_cast<void>(
                     evaluate(model, data, {.resamples = 20, .threads = 1}, {stop_there, &stop})),
                 Interrupted)
        << phase;
  }
}

TEST(Evaluate, MessagesNameTheSources) {
  const Model model = known_model();
  Dataset data = known_draw(40, 1), training = known_draw(40, 2);
  training.source = "training.h5";
  EXPECT_EQ(evaluate(model, data, {.training = &training, .resamples = 0}).fitted_on,
            "training.h5");
  training.time_limit = 2;
  try {
    static_cast<void>(evaluate(model, data, {.training = &training}));
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("training.h5: ")) << error.what();
  }
}

TEST(Evaluate, NullOfBehaviourIsConstantHazards) {
  const Dataset data = known_draw(100, 1);
  const auto behaviour = evaluate(known_model(), data).behaviour;
  double time = 0, left = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    time += data.trial.observed_until[n];
    left += data.trial.choice[n] > 0;
  }
  EXPECT_EQ(behaviour.left, static_cast<std::size_t>(left));
  EXPECT_NEAR(behaviour.null_rate[0], left / time, 1e-12);
  EXPECT_NEAR(behaviour.null_log_likelihood[0], left * std::log(left / time) - left, 1e-9);
}

TEST(Evaluate, ChoiceMetricsAgreeWithEveryPairOfTrials) {
  const Model model = known_model();
  const Dataset data = known_draw(150, 1);
  std::vector<double> score(data.trials()), error, spread;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    Curves curves(model, std::span(data.trial.stimulus).subspan(2 * n, 2));
    const auto predicted = predict_response(curves, 1);
    score[n] = predicted.left / (predicted.left + predicted.right);
    if (data.responded(n))
      error.push_back(std::abs(predicted.median_time - data.trial.response_time[n]));
  }
  double pairs = 0, won = 0, right = 0;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    if (data.responded(n)) right += (score[n] > 0.5) == (data.trial.choice[n] > 0);
    for (std::size_t m = 0; m < data.trials(); ++m) {
      if (!data.responded(n) || !data.responded(m) || data.trial.choice[n] < 0 ||
          data.trial.choice[m] > 0)
        continue;
      ++pairs;
      won += score[n] > score[m] ? 1 : score[n] == score[m] ? 0.5 : 0;
    }
  }
  const auto behaviour = evaluate(model, data).behaviour;
  EXPECT_NEAR(behaviour.auc, won / pairs, 1e-12);
  EXPECT_NEAR(behaviour.accuracy, right / static_cast<double>(error.size()), 1e-12);
  std::sort(error.begin(), error.end());
  EXPECT_NEAR(behaviour.median_error, (error[(error.size() - 1) / 2] + error[error.size() / 2]) / 2,
              1e-12);
}

TEST(Evaluate, StimuliHoldEveryTrialOnce) {
  const Dataset data = known_draw(100, 1);
  const Evaluation evaluation = evaluate(known_model(), data);
  ASSERT_EQ(evaluation.stimuli.size(), 16U);
  std::size_t trials = 0, left = 0;
  for (const auto& stimulus : evaluation.stimuli) {
    trials += stimulus.trials;
    left += stimulus.left;
  }
  EXPECT_EQ(trials, 100U);
  EXPECT_EQ(left, evaluation.behaviour.left);
}

/// Two features without sides: stimuli are numbered in ascending order, a condition each even where
/// values of a feature would be cut into ranges.
TEST(Evaluate, StimuliWithoutAnAxisAreNumbered) {
  Model model = known_model();
  Dataset data = known_draw(100, 1);
  model.stimulus_names = data.stimulus_names = {"a", "b"};
  const Evaluation evaluation = evaluate(model, data, {.resamples = 0});
  EXPECT_EQ(evaluation.behaviour.axis, "stimulus number");
  const auto& points = evaluation.behaviour.psychometric;
  ASSERT_EQ(points.size(), evaluation.stimuli.size());
  ASSERT_EQ(points.size(), 16U);
  for (std::size_t k = 0; k < points.size(); ++k) {
    EXPECT_EQ(points[k].axis, static_cast<double>(k + 1));
    EXPECT_EQ(points[k].name, std::to_string(k + 1));
    EXPECT_EQ(points[k].left, evaluation.stimuli[k].left);
  }
}

TEST(Evaluate, WhatADatasetCannotGiveIsNotANumber) {
  Dataset data = binned(known_draw(40, 1), 0.02);
  data.trial.choice.assign(40, 0);
  data.trial.response_time.assign(40, std::nan(""));
  data.count = {};
  data.count.offset.assign(41, 0);
  data.region_names.push_back("XX");
  Model model = known_model();
  EXPECT_THROW(static_cast<void>(evaluate(model, data)), DataError);
  data.region_names.pop_back();

  const Evaluation evaluation = evaluate(model, data);
  for (const auto& region : evaluation.regions) {
    EXPECT_TRUE(std::isnan(region.ks));
    EXPECT_TRUE(std::isnan(region.ks_band));
    EXPECT_TRUE(std::isnan(region.bits_per_spike));
    EXPECT_LT(region.log_likelihood, 0);
  }
  EXPECT_TRUE(std::isnan(evaluation.behaviour.accuracy));
  EXPECT_TRUE(std::isnan(evaluation.behaviour.auc));
  EXPECT_TRUE(std::isnan(evaluation.behaviour.median_error));
  EXPECT_TRUE(std::isfinite(evaluation.behaviour.log_likelihood[0]));

  const auto json = nlohmann::json::parse(to_json(evaluation));
  EXPECT_TRUE(json["regions"][0]["ks"].is_null());
  EXPECT_TRUE(json["behaviour"]["auc"].is_null());
}

TEST(Evaluate, ARegionThatNoTrialExposesAddsNothing) {
  const auto [model, like] = demonstration(8);
  Dataset data = sample(model, like, {.seed = 1});
  for (std::size_t u = 0; u < data.units(); ++u)
    if (data.unit.region[u] == 2) data.unit.region[u] = 3;
  const Evaluation evaluation = evaluate(model, data);
  EXPECT_EQ(evaluation.regions[2].exposure, 0);
  EXPECT_EQ(evaluation.regions[2].log_likelihood, 0);
  EXPECT_TRUE(std::isnan(evaluation.regions[2].null_rate));
  EXPECT_TRUE(std::isfinite(evaluation.bits_per_spike));
}

TEST(Evaluate, JsonHoldsTheNumbersInFull) {
  const Evaluation evaluation = evaluate(known_model(), known_draw(40, 1));
  const auto file = std::filesystem::path(testing::TempDir()) / "nnpoisson_metrics.json";
  write_evaluation(file, evaluation);
  std::ifstream in(file);
  const auto json = nlohmann::json::parse(in);
  EXPECT_EQ(json["null"], evaluation.null);
  EXPECT_EQ(json["log_likelihood"].get<double>(), evaluation.log_likelihood);
  ASSERT_EQ(json["regions"].size(), 6U);
  EXPECT_EQ(json["regions"][4]["name"], "VISal");
  EXPECT_EQ(json["regions"][4]["ks"].get<double>(), evaluation.regions[4].ks);
  EXPECT_EQ(json["behaviour"]["terms"]["authors"]["right"].get<double>(),
            evaluation.behaviour.authors_terms[1]);
  EXPECT_EQ(json["stimuli"].size(), 16U);
  EXPECT_EQ(json["stimuli"][3]["predicted"]["left"].get<double>(),
            evaluation.stimuli[3].predicted_left);
}

}  // namespace
}  // namespace nnpoisson
