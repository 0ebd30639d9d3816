#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "known_data.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/curves.hpp"
#include "nnpoisson/plan.hpp"

namespace nnpoisson {
namespace {

/// Losses of the engine's reference backend: each region in alphabetical order, then the behaviour.
std::vector<BatchLoss> engine_losses(const Model& model, const Dataset& data, Preset preset) {
  const auto plan = std::make_shared<const Plan>(make_plan(
      data, {.preset = preset, .neural_time = model.neural_time, .grouping = Grouping::by_region}));
  const auto backend =
      make_backend({.kind = BackendKind::reference, .precision = Precision::double_precision},
                   model.shape, plan);
  std::vector<std::uint32_t> batches(plan->batches.size());
  std::iota(batches.begin(), batches.end(), 0U);
  std::vector<BatchLoss> losses(batches.size());
  backend->evaluate(batches, 1, model.parameters, losses, {});
  return losses;
}

/// Evaluation reads curves, the engine reads a plan: two ways to the same numbers.
void expect_engine_agrees(const Model& model, const Dataset& data) {
  const Evaluation evaluation = evaluate(model, data);
  const auto losses = engine_losses(model, data, Preset::exact);
  const auto trials = static_cast<double>(data.trials());
  ASSERT_EQ(losses.size(), evaluation.regions.size() + 1);
  for (std::size_t g = 0; g < evaluation.regions.size();
       ++g)  // the known model's regions are in alphabetical order
    EXPECT_NEAR(evaluation.regions[g].log_likelihood, -trials * losses[g].neural,
                1e-10 * std::abs(trials * losses[g].neural));
  EXPECT_NEAR(evaluation.behaviour.exact_terms[0], losses.back().left,
              1e-10 * std::abs(losses.back().left));
  EXPECT_NEAR(evaluation.behaviour.exact_terms[1], losses.back().right,
              1e-10 * std::abs(losses.back().right));
}

TEST(Likelihood, IsTheEnginesOnSpikes) {
  Model model = known_model();
  Dataset data = known_draw(120, 1);
  // Responses that came, but too late, and a trial given up before the window's end.
  data.trial.response_time[3] = 1.7;
  data.trial.choice[5] = 0;
  data.trial.response_time[5] = std::nan("");
  for (const auto time : {NeuralTime::scaled, NeuralTime::absolute}) {
    model.neural_time = time;
    expect_engine_agrees(model, data);
  }
}

TEST(Likelihood, IsTheEnginesOnCounts) {
  Model model = known_model();
  const Dataset data = binned(known_draw(120, 1), 0.02);
  validate(data);
  for (const auto time : {NeuralTime::scaled, NeuralTime::absolute}) {
    model.neural_time = time;
    expect_engine_agrees(model, data);
  }
}

TEST(Likelihood, AuthorsFormIsTheEngines) {
  const Model model = known_model();
  Dataset data = known_draw(120, 1);
  data.trial.response_time[3] = 1.7;
  const auto terms = evaluate(model, data).behaviour.authors_terms;
  const auto loss = engine_losses(model, data, Preset::authors).back();
  EXPECT_NEAR(terms[0], loss.left, 1e-10 * std::abs(loss.left));
  EXPECT_NEAR(terms[1], loss.right, 1e-10 * std::abs(loss.right));
}

/// From the definition: spikes on a fine grid of steps, in each of which a unit fires with
/// probability intensity * step.
TEST(Likelihood, IsTheLimitOfFineBernoulliSteps) {
  const Model model = known_model();
  const Dataset data = known_draw(1, 4);
  constexpr double step = 1e-5;
  const double until = data.trial.observed_until[0], scale = time_scale(model, until);
  Curves curves(model, data.trial.stimulus);
  std::vector<std::vector<int>> spikes(
      6, std::vector<int>(static_cast<std::size_t>(until / step) + 1));
  for (std::size_t i = 0; i < data.spike.time.size(); ++i)
    ++spikes[static_cast<std::size_t>(data.unit.region[static_cast<std::size_t>(
        data.spike.unit[i])])][static_cast<std::size_t>(data.spike.time[i] / step)];
  const auto units = units_by_session_and_region(data);
  const auto evaluation = evaluate(model, data);
  for (std::size_t g = 0; g < 6; ++g) {
    const double exposed = units[static_cast<std::size_t>(data.trial.session[0]) * 6 + g];
    double sum = 0;
    for (std::size_t k = 0; k < spikes[g].size(); ++k) {
      const double start = step * static_cast<double>(k), width = std::min(step, until - start);
      const double p = curves.column(g, start + width / 2, scale).intensity * width;
      sum += spikes[g][k] * std::log(p / width) + (exposed - spikes[g][k]) * std::log1p(-p);
    }
    EXPECT_NEAR(evaluation.regions[g].log_likelihood, sum, 2e-3 * std::abs(sum) + 2e-3) << g;
  }
}

TEST(Likelihood, OfCountsAndSpikesDifferByTheBinsAlone) {
  // In narrow bins log P(counts) is the spikes' log density plus log(width) for each of them.
  const Model model = known_model();
  constexpr double width = 1e-6;  // so narrow that no two spikes of a unit share one
  Dataset spikes = known_draw(40, 2);
  for (double& until : spikes.trial.observed_until) until = std::ceil(until / width) * width;
  spikes.trial.response_time.assign(40, std::nan(""));
  spikes.trial.choice.assign(40, 0);
  const Evaluation exact = evaluate(model, spikes), counts = evaluate(model, binned(spikes, width));
  for (std::size_t g = 0; g < 6; ++g) {
    ASSERT_EQ(exact.regions[g].spikes, counts.regions[g].spikes);
    const double bins = static_cast<double>(counts.regions[g].spikes) * std::log(width);
    EXPECT_NEAR(counts.regions[g].log_likelihood, exact.regions[g].log_likelihood + bins, 1e-3);
    EXPECT_NEAR(counts.regions[g].bits_per_spike, exact.regions[g].bits_per_spike, 1e-6);
  }
}

}  // namespace
}  // namespace nnpoisson
