#include "nnpoisson/dependencies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t G = 6;  // of the known model

Dependencies measured(const Model& model, const Dataset& data,
                      const DependencyOptions& options = {}) {
  return dependencies({&model, 1}, data, options);
}

TEST(Dependencies, ContributionsSumToTheHazard) {
  const auto [model, trials] = demonstration(16);
  // The quadrature's error: also on coarse grids, whose steps it divides.
  for (const int steps : {1, 7, 100}) {
    const auto d = measured(model, trials, {.steps = steps});
    const std::size_t K = d.times.size();
    for (std::size_t a = 0; a < 2; ++a)
      for (std::size_t k = 0; k < K; ++k) {
        double sum = 0;
        for (std::size_t g = 0; g < G; ++g) sum += d.mean.contribution[(a * G + g) * K + k];
        EXPECT_NEAR(sum, d.mean.hazard[a * K + k], 1e-9 * d.mean.hazard[a * K + K - 1])
            << steps << " steps, time " << d.times[k];
      }
  }
}

TEST(Dependencies, AreThoseOfTheKnownModel) {
  // MOs drives choices to the left, SCm to the right, others either a little; ACA drives nothing.
  const auto [model, trials] = demonstration(16);
  const auto d = measured(model, trials);
  EXPECT_EQ(d.region_names[d.by_influence[0][0]], "MOs");
  EXPECT_EQ(d.region_names[d.by_influence[1][0]], "SCm");
  for (std::size_t g = 0; g < G; ++g) {
    const bool drives = d.region_names[g] != "ACA";
    EXPECT_EQ(d.mean.share[g] + d.mean.share[G + g] > 0, drives) << d.region_names[g];
    EXPECT_EQ(d.mean.choice_change[g] > 0, drives) << d.region_names[g];
    EXPECT_EQ(d.mean.median_change[g] != 0, drives) << d.region_names[g];
  }
}

TEST(Dependencies, OneStimulusHasNothingToTellApart) {
  auto [model, trials] = demonstration(16);
  std::fill(trials.trial.stimulus.begin(), trials.trial.stimulus.end(), 0.5);
  const auto d = measured(model, trials);
  ASSERT_EQ(d.stimuli.size(), 1U);
  for (const double s : d.mean.sensitivity) EXPECT_EQ(s, 0);
  for (const double change : d.mean.choice_change) EXPECT_NEAR(change, 0, 1e-9);
  for (const double change : d.mean.median_change) EXPECT_NEAR(change, 0, 1e-9);
}

TEST(Dependencies, TheSameOnAnyNumberOfThreads) {
  const auto [model, trials] = demonstration(64);
  EXPECT_EQ(to_json(measured(model, trials, {.threads = 1})),
            to_json(measured(model, trials, {.threads = 3})));
}

TEST(Dependencies, AreWatched) {
  const auto [model, trials] = demonstration(16);
  const std::vector<Model> models{model, model};
  expect_watched([&](const Watch& watch) {
    return to_json(dependencies(models, trials, {.steps = 10, .threads = 2}, watch));
  });
}

TEST(Dependencies, RefusesModelsOfOtherRecordings) {
  const auto [model, trials] = demonstration(16);
  Model other = model;
  std::swap(other.region_names[0], other.region_names[1]);
  const std::vector<Model> both{model, other};
  EXPECT_THROW((void)dependencies(both, trials), DataError);
  EXPECT_THROW((void)dependencies({}, trials), UsageError);
}

TEST(Dependencies, AHeadThatReadsNothingHasNoShares) {
  auto [model, trials] = demonstration(16);
  const auto slot = ParameterLayout(model.shape)[Tensor::F1_left];
  std::fill_n(model.parameters.begin() + static_cast<std::ptrdiff_t>(slot.offset), slot.size(),
              0.0);
  const auto d = measured(model, trials);
  EXPECT_TRUE(std::isnan(d.mean.share[0]));
  EXPECT_EQ(d.by_influence[0], (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_NE(to_json(d).find("null"), std::string::npos);
}

// Seeds are fixed, so these tests always give the same verdict; a bound of 4 standard errors would
// fail a right program for one seed in 16,000 a number.
constexpr double bound = 4;

/// Each response drawn from the model came through region g with probability drive_g / hazard at
/// its time: over responses, the shares.
TEST(StatisticsOfDependencies, SharesAreThoseOfDrawnResponses) {
  auto [model, trials] = demonstration(16);
  trials.unit = {};  // responses alone
  const auto d = measured(model, trials);
  const Dataset drawn = sample(model, trials, {.seed = 3, .repeats = 1000});
  std::array<double, 2> answered{};
  std::array<double, 2 * G> sum{}, squares{};
  for (std::size_t n = 0; n < drawn.trials(); ++n) {
    if (!drawn.responded(n)) continue;
    const std::size_t a = drawn.action(n);
    Curves curves(model, std::span(drawn.trial.stimulus).subspan(2 * n, 2));
    std::array<RegionState, G> states;
    std::array<double, 2 * G> gradients;
    curves.regions(drawn.trial.response_time[n], states);
    curves.head_gradients(states, gradients);
    const double hazard = curves.heads(states)[a].intensity;
    ++answered[a];
    for (std::size_t g = 0; g < G; ++g) {
      const double part = gradients[a * G + g] * states[g].dz / hazard;
      sum[a * G + g] += part;
      squares[a * G + g] += part * part;
    }
  }
  for (std::size_t row = 0; row < 2 * G; ++row) {
    const double n = answered[row / G], mean = sum[row] / n;
    EXPECT_LE(std::abs(mean - d.mean.share[row]),
              bound * std::sqrt((squares[row] / n - mean * mean) / n) + 1e-5)
        << "row " << row;
  }
}

/// A region held constant is a model without it, whose heads' biases hold what it added: choices
/// and times drawn from that one.
TEST(StatisticsOfDependencies, LesionsAreThoseOfDrawnResponses) {
  auto [model, trials] = demonstration(16);
  trials.unit = {};
  constexpr int repeats = 1000;
  const auto d = measured(model, trials, {.lesion = Lesion::constant});
  const ParameterLayout layout(model.shape);
  for (const std::size_t lesioned : {std::size_t{2}, std::size_t{3}}) {  // MOs, SCm
    double held = 0;
    constexpr int steps = 2000;
    for (std::size_t s = 0; s < d.stimuli.size(); ++s) {
      Curves curves(model, d.stimuli[s]);
      std::array<RegionState, G> states;
      for (int k = 0; k < steps; ++k) {
        curves.regions((k + 0.5) / steps, states);
        held += states[lesioned].z / (steps * static_cast<double>(d.stimuli.size()));
      }
    }
    Model without = model;
    for (const auto& [kernel, bias] :
         {std::pair{Tensor::F1_left, Tensor::f1_left}, {Tensor::F1_right, Tensor::f1_right}})
      for (std::size_t k = 0; k < 2; ++k) {
        double& weight = without.parameters[layout[kernel].offset + 2 * lesioned + k];
        without.parameters[layout[bias].offset + k] += weight * held;
        weight = 0;
      }
    const Dataset drawn = sample(without, trials, {.seed = 4, .repeats = repeats});
    for (std::size_t s = 0; s < d.stimuli.size(); ++s) {
      const std::size_t cell = lesioned * d.stimuli.size() + s;
      double left = 0, early = 0, answered = 0;
      for (std::size_t n = 0; n < drawn.trials(); ++n) {
        if (!drawn.responded(n) ||
            !std::equal(d.stimuli[s].begin(), d.stimuli[s].end(),
                        drawn.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(2 * n)))
          continue;
        ++answered;
        left += drawn.trial.choice[n] > 0;
        early += drawn.trial.response_time[n] < d.mean.lesioned_median[cell];
      }
      const double p = d.mean.lesioned_left[cell];
      EXPECT_LT(std::abs(left - answered * p), bound * std::sqrt(answered * p * (1 - p)))
          << "region " << lesioned << ", stimulus " << s;
      EXPECT_LT(std::abs(early - answered / 2), bound * std::sqrt(answered) / 2)
          << "region " << lesioned << ", stimulus " << s;
    }
  }
}

}  // namespace
}  // namespace nnpoisson
