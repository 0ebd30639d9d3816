#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "baselines/behaviour_baselines.hpp"
#include "baselines/newton.hpp"
#include "baselines/spike_baselines.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

/// Trials drawn from the known model; its regions are the columns.
struct Drawn {
  explicit Drawn(std::size_t trials, std::uint64_t seed = 1) {
    const auto [model, like] = demonstration(trials);
    data = sample(model, like, {.seed = seed});
  }
  [[nodiscard]] BaselineTrials trials() const {
    BaselineTrials own{&data, {}, {}};
    for (const auto g : data.unit.region) own.column.push_back(static_cast<std::size_t>(g));
    for (std::size_t n = 0; n < data.trials(); ++n)
      own.stimulus.push_back({data.trial.stimulus[2 * n], data.trial.stimulus[2 * n + 1]});
    return own;
  }
  Dataset data;
};

/// Whom nobody watches.
Workers& alone() {
  static const Watch nobody;
  static Workers workers(1, nobody);
  return workers;
}

TEST(TimeGrid, BinsCoverTheWindow) {
  Dataset data;
  data.time_limit = 1;
  const TimeGrid grid = time_grid(data, 25);
  EXPECT_EQ(grid.bins, 25U);
  EXPECT_EQ(grid.bin(0), 0U);
  EXPECT_EQ(grid.bin(0.0401), 1U);
  EXPECT_EQ(grid.bin(1), 24U);
  EXPECT_NEAR(grid.observed(2, 0.09), 0.01, 1e-15);
  EXPECT_EQ(grid.observed(3, 0.09), 0);
}

TEST(TimeGrid, BinsAreWholeOnesOfCounts) {
  Dataset data;
  data.time_limit = 0.4;
  data.bin_width = 0.01;
  const TimeGrid grid = time_grid(data, 25);
  EXPECT_NEAR(grid.width, 0.02, 1e-15);
  EXPECT_EQ(grid.bins, 20U);
  EXPECT_NEAR(time_grid(data, 1000).width, 0.01, 1e-15);
}

TEST(RaisedCosines, AreOneTogether) {
  const TimeGrid grid{0.01, 100};
  const auto basis = raised_cosines(grid, 1, 8);
  for (std::size_t b = 0; b < 100; ++b)
    EXPECT_NEAR(std::accumulate(&basis[8 * b], &basis[8 * b] + 8, 0.0), 1, 1e-14) << b;
}

TEST(CrossValidation, JudgesEveryTrialByASetThatLeavesItOut) {
  const Drawn drawn(83);
  const auto sets = cross_validate(drawn.trials(), 5, 3);
  EXPECT_EQ(sets.sets, 5U);
  EXPECT_EQ(sets.judged_by, sets.left_out_fold);
  std::vector<int> size(5);
  for (const auto fold : sets.judged_by) ++size[fold];
  for (const int trials : size) EXPECT_NEAR(trials, 83 / 5.0, 1);
  EXPECT_NE(cross_validate(drawn.trials(), 5, 4).judged_by, sets.judged_by);
  EXPECT_THROW(static_cast<void>(cross_validate(drawn.trials(), 84, 3)), UsageError);
  EXPECT_THROW(static_cast<void>(cross_validate(drawn.trials(), 1, 3)), UsageError);
}

/// What a trial's fit says of it does not change with its spikes.
TEST(CrossValidation, DoesNotSeeTheTrialThatItJudges) {
  Drawn drawn(60);
  const TimeGrid grid = time_grid(drawn.data, 10);
  const auto before = drawn.trials();
  const auto sets = cross_validate(before, 3, 0);
  const auto intensities = [&](std::size_t n) {
    const ColumnTotals totals(sets, 6, grid);
    const auto glm = glm_baseline(fit_glm(totals, 4, 1, alone()), sets, before, grid);
    const auto psth = psth_baseline(totals, before, alone());
    return std::pair(glm->trial(n)->at(2, 0.31).intensity, psth->trial(n)->at(2, 0.31).intensity);
  };
  const auto own = intensities(7);
  const auto other_trial =
      static_cast<std::size_t>(std::find_if(sets.judged_by.begin(), sets.judged_by.end(),
                                            [&](auto fold) { return fold != sets.judged_by[7]; }) -
                               sets.judged_by.begin());
  const auto other = intensities(other_trial);
  for (auto i = static_cast<std::size_t>(drawn.data.spike.offset[7]);
       i < static_cast<std::size_t>(drawn.data.spike.offset[8]); ++i)
    drawn.data.spike.time[i] = 1e-3;
  EXPECT_EQ(intensities(7), own);
  EXPECT_NE(intensities(other_trial), other);
}

TEST(Psth, IsShrunkByOneSpikeTwice) {
  Drawn drawn(40);
  const auto own = drawn.trials();
  const TimeGrid grid = time_grid(drawn.data, 10);
  const auto sets = fit_elsewhere(own, own);
  const ColumnTotals totals(sets, 6, grid);
  const auto psth = psth_baseline(totals, own, alone());
  const auto& data = drawn.data;
  constexpr std::size_t n = 5, column = 4;
  double events[3]{}, exposure[3]{};  // all, from 0.3 to 0.4 s, there after the same stimulus
  for (std::size_t m = 0; m < data.trials(); ++m) {
    const bool same[3]{true, true, own.stimulus[m] == own.stimulus[n]};
    double units = 0;
    for (std::size_t u = 0; u < data.units(); ++u)
      units += data.unit.session[u] == data.trial.session[m] && own.column[u] == column;
    const double until = data.trial.observed_until[m], in_bin = std::clamp(until - 0.3, 0.0, 0.1);
    for (const int k : {0, 1, 2}) exposure[k] += same[k] ? units * (k == 0 ? until : in_bin) : 0;
    for (auto i = static_cast<std::size_t>(data.spike.offset[m]);
         i < static_cast<std::size_t>(data.spike.offset[m + 1]); ++i) {
      if (own.column[static_cast<std::size_t>(data.spike.unit[i])] != column) continue;
      const bool inside = data.spike.time[i] >= 0.3 && data.spike.time[i] < 0.4;
      for (const int k : {0, 1, 2}) events[k] += same[k] && (k == 0 || inside) ? 1 : 0;
    }
  }
  double rate = events[0] / exposure[0];
  for (const int k : {1, 2}) rate = (events[k] + 1) / (exposure[k] + 1 / rate);
  EXPECT_NEAR(psth->trial(n)->at(column, 0.33).intensity, rate, 1e-10 * rate);

  // A stimulus that nobody saw: the rate by time alone.
  auto unseen = own;
  unseen.stimulus[n] = {9, 9};
  const double by_time = (events[1] + 1) / (exposure[1] + exposure[0] / events[0]);
  EXPECT_NEAR(psth_baseline(totals, unseen, alone())->trial(n)->at(column, 0.33).intensity, by_time,
              1e-10 * by_time);
}

TEST(Baselines, CumulativeIntensityIsTheIntegral) {
  const Drawn drawn(40);
  const auto own = drawn.trials();
  const TimeGrid grid = time_grid(drawn.data, 10);
  const auto sets = fit_elsewhere(own, own);
  const ColumnTotals totals(sets, 6, grid);
  const std::unique_ptr<IntensityModel> models[]{
      constant_baseline({1, 2, 3, 4, 5, 6}), psth_baseline(totals, own, alone()),
      glm_baseline(fit_glm(totals, 4, 1, alone()), sets, own, grid)};
  for (const auto& model : models) {
    const auto trial = model->trial(3);
    double integral = 0;
    constexpr int steps = 1000;
    for (int k = 0; k < steps; ++k) integral += trial->at(4, (k + 0.5) / steps).intensity / steps;
    EXPECT_NEAR(trial->at(4, 1).cumulative, integral, 1e-10 * integral);
    EXPECT_EQ(trial->at(4, 0).cumulative, 0);
  }
}

TEST(Glm, WithoutRidgeEqualStimuliDetermineNothing) {
  Drawn drawn(40);
  auto own = drawn.trials();
  for (auto& stimulus : own.stimulus) stimulus = {1, 1};
  const TimeGrid grid = time_grid(drawn.data, 10);
  const auto sets = fit_elsewhere(own, own);
  const ColumnTotals totals(sets, 6, grid);
  EXPECT_THROW(static_cast<void>(fit_glm(totals, 4, 0, alone())), NumericalError);
  EXPECT_GT(fit_glm(totals, 4, 1, alone()).log_likelihood[0][0], 0);
}

/// A column without a spike: the ridge keeps it at its floor.
TEST(Glm, SilentColumnsStayFinite) {
  Drawn drawn(40);
  drawn.data.spike.time.clear();
  drawn.data.spike.unit.clear();
  drawn.data.spike.offset.assign(41, 0);
  const auto own = drawn.trials();
  const TimeGrid grid = time_grid(drawn.data, 10);
  const auto sets = fit_elsewhere(own, own);
  const auto fit = fit_glm(ColumnTotals(sets, 6, grid), 4, 1, alone());
  EXPECT_EQ(fit.constant_rate[0][0], intensity_floor);
  for (const double w : fit.coefficients[0][0]) EXPECT_LT(std::abs(w), 0.1);
}

/// A fit of one column may be long: it ends within a piece.
TEST(Glm, EndsWithinAFitWhenStopped) {
  Drawn drawn(40);
  const auto own = drawn.trials();
  const auto sets = fit_elsewhere(own, own);
  const std::atomic<bool> stop{true};
  const Watch watch{.stop = &stop};
  Workers workers(1, watch);
  std::size_t pieces = 0;
  EXPECT_THROW(static_cast<void>(maximise(
                   {1.0},
                   [&](const std::vector<double>& x) {
                     ++pieces;
                     Concave square(1);
                     square.value = -x[0] * x[0] / 2, square.gradient = {-x[0]};
                     square.curvature = {1};
                     return square;
                   },
                   "square", workers)),
               Interrupted);
  EXPECT_EQ(pieces, 1U);
  EXPECT_THROW(
      static_cast<void>(fit_glm(ColumnTotals(sets, 6, time_grid(drawn.data, 10)), 4, 1, workers)),
      Interrupted);
}

TEST(Race, ActionsNeverSeenNeverFinish) {
  Drawn drawn(40);
  for (auto& choice : drawn.data.trial.choice) choice = std::min<std::int8_t>(choice, 0);
  const auto own = drawn.trials();
  const auto race = fit_race(fit_elsewhere(own, own), 0.01, alone());
  EXPECT_EQ(race[0][0].precision, 0);
  EXPECT_EQ(race_log_survival(race[0][0], own.stimulus[0], 0.5), 0);
  EXPECT_GT(race[0][1].precision, 0);
}

TEST(Race, EqualTimesAreKeptApartByTheRidge) {
  Drawn drawn(40);
  for (auto& time : drawn.data.trial.response_time) time = 0.4;
  for (auto& choice : drawn.data.trial.choice) choice = 1;
  const auto own = drawn.trials();
  EXPECT_THROW(static_cast<void>(fit_race(fit_elsewhere(own, own), 0, alone())), NumericalError);
  EXPECT_TRUE(std::isfinite(fit_race(fit_elsewhere(own, own), 0.01, alone())[0][0].precision));
}

/// Density and survival of a racer belong together; far out in the tail too.
TEST(Race, DensityIsMinusTheSlopeOfSurvival) {
  const LogNormalRacer racer{{0.4, 1.5}, 3};
  for (const double time : {0.2, 1.0, 5.0, 1e4, 1e6}) {
    const double h = 1e-5 * time;
    const std::vector<double> stimulus{0.2};
    const double slope = (race_log_survival(racer, stimulus, time - h) -
                          race_log_survival(racer, stimulus, time + h)) /
                         (2 * h);
    const double hazard = std::exp(race_log_density(racer, stimulus, time) -
                                   race_log_survival(racer, stimulus, time));
    EXPECT_NEAR(slope, hazard, 1e-5 * hazard) << time;
  }
}

}  // namespace
}  // namespace nnpoisson
