#include "baselines/gain_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/random.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

/// Counts of `units` whose rates share a factor exp(0.6 u - 0.18) and drift.
GainData drawn_counts(std::size_t units, std::size_t trials) {
  RandomStream random(1, Purpose::spikes);
  const auto nodes = latent_nodes(16);
  GainData data;
  data.units = units;
  data.loading_decay.assign(units, 0.3);
  data.drift_decay = 10;
  for (std::size_t n = 0; n < trials; ++n) {
    const double place = static_cast<double>(n) / static_cast<double>(trials - 1);
    const auto psi = drift_bumps_at(place);
    data.bumps.insert(data.bumps.end(), psi.begin(), psi.end());
    const double u = nodes[5 * n % nodes.size()];  // no trend by chance
    data.choice.push_back(u > 0 ? 1 : -1);
    for (std::size_t i = 0; i < units; ++i) {
      const double expected = 2 + static_cast<double>(i % 3);
      data.total.push_back(expected);
      data.count.push_back(static_cast<double>(
          random.poisson(expected * std::exp(0.6 * u - 0.18 + 0.5 * place - 0.25))));
    }
  }
  return data;
}

TEST(GainFit, GradientIsThatOfFiniteDifferences) {
  const GainData data = drawn_counts(4, 12);
  const GainLoss loss(data, latent_nodes(16));
  const Watch watch;
  Workers workers(1, watch);
  RandomStream random(2, Purpose::initial_weights);
  std::vector<double> x(4 * (2 + formulas::drift_bumps)), slope;
  for (double& v : x) v = 0.5 * random.normal();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double step = 1e-3;
    const auto value = [&](double by) {
      auto moved = x;
      moved[i] += by * step;
      return loss.at(moved, workers).value;
    };
    slope.push_back(
        (45 * (value(1) - value(-1)) - 9 * (value(2) - value(-2)) + value(3) - value(-3)) /
        (60 * step));
  }
  EXPECT_LE(tolerance::relative_to_largest(loss.at(x, workers).gradient, slope),
            tolerance::finite_difference);
}

TEST(GainFit, FindsTheSharedGainAndTheDriftAndDoesNotDependOnThreads) {
  const GainData data = drawn_counts(12, 200);
  const Watch watch;
  Workers one(1, watch), two(2, watch);
  const FittedGains fit = fit_gains(data, latent_nodes(16), one);
  const auto first = drift_bumps_at(0.1), last = drift_bumps_at(0.9);
  double rise = 0;  // of the log drift, mean over units; their penalty holds it back
  for (std::size_t i = 0; i < data.units; ++i) {
    EXPECT_NEAR(fit.loading[i], 0.6, 0.15) << i;
    EXPECT_GT(fit.log_shape[i], 1.5) << i;  // no private gain was drawn
    for (std::size_t j = 0; j < first.size(); ++j)
      rise += fit.drift[i * first.size() + j] * (last[j] - first[j]) / 12;
  }
  EXPECT_GT(rise, 0.15);
  EXPECT_LT(rise, 0.5);
  EXPECT_EQ(fit_gains(data, latent_nodes(16), two).drift, fit.drift);
}

}  // namespace
}  // namespace nnpoisson
