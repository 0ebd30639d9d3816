#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

// Seeds are fixed, so these tests always give the same verdict; a bound of 4 standard errors would
// fail a right program for one seed in 16,000.
constexpr double standard_errors = 4;

struct Known {
  Known() : Known(known_neurons(1200)) {}
  explicit Known(Demonstration known)
      : model(std::move(known.model)), data(sample(model, known.trials, {.seed = 11})) {}
  Model model;
  Dataset data;
  NeuronTrials trials{model, data};
  NeuronGains gains{model};
};

/// p(node | behaviour): what the response and the stimulus say of the latent.
Numbers after_behaviour(const NeuronTrialReading& reading) {
  Numbers p;
  double sum = 0;
  for (std::size_t k = 0; k < reading.prior.size(); ++k) {
    p.push_back(std::exp(reading.prior[k] + reading.of_behaviour[k]));
    sum += p.back();
  }
  for (double& v : p) v /= sum;
  return p;
}

/// Every unit's counts against their mean and variance given stimulus, place and behaviour.
TEST(StatisticsOfNeuronSample, CountsHaveTheirMeansAndVariances) {
  const Known known;
  const auto places = session_places(known.data);
  const std::size_t units = known.data.units(), K = known.gains.nodes().size();
  Numbers away(units), variance(units), ratio(units), ratio_squares(units), trials(units);
  for (std::size_t n = 0; n < known.data.trials(); ++n) {
    const auto reading = known.trials.read(n);
    const Numbers p = after_behaviour(reading);
    Numbers counts(units);
    for (auto i = known.data.spike.offset[n]; i < known.data.spike.offset[n + 1]; ++i)
      ++counts[static_cast<std::size_t>(known.data.spike.unit[static_cast<std::size_t>(i)])];
    const auto& own = known.trials.units(static_cast<std::size_t>(known.data.trial.session[n]));
    for (std::size_t j = 0; j < own.size(); ++j) {
      const std::size_t u = own[j];
      const double M = reading.totals[j] * std::exp(known.gains.log_drift(u, places[n]));
      double mean = 0, square = 0;
      for (std::size_t k = 0; k < K; ++k) {
        const double m = M * known.gains.shared(u, k);
        mean += p[k] * m;
        square += p[k] * (m + m * m * (1 + 1 / known.gains.shape(u)));
      }
      const double error = counts[u] - mean, spread = square - mean * mean;
      away[u] += error;
      variance[u] += spread;
      ratio[u] += error * error / spread - 1;
      ratio_squares[u] += std::pow(error * error / spread - 1, 2);
    }
  }
  double mean_chi = 0, all_ratio = 0, all_squares = 0;
  for (std::size_t u = 0; u < units; ++u) {
    EXPECT_LT(std::abs(away[u]), standard_errors * std::sqrt(variance[u])) << "unit " << u;
    mean_chi += away[u] * away[u] / variance[u];
    all_ratio += ratio[u];
    all_squares += ratio_squares[u];
  }
  EXPECT_LT(std::abs(all_ratio), standard_errors * std::sqrt(all_squares));
  RecordProperty("chi_square_a_unit", std::to_string(mean_chi / static_cast<double>(units)));
}

/// Where what is drawn follows the model, the posterior of the latent is the prior on average,
/// given the behaviour, and given the spikes too. (Given the spikes alone it is not: how long a
/// trial was observed tells of the latent, and the likelihood of spikes leaves that out.)
TEST(StatisticsOfNeuronSample, PosteriorsAverageToThePrior) {
  const Known known;
  const std::size_t K = known.gains.nodes().size();
  Numbers error(2 * K), squares(2 * K);
  for (std::size_t n = 0; n < known.data.trials(); ++n) {
    const auto reading = known.trials.read(n);
    Numbers posterior = after_behaviour(reading);
    const Numbers given_all = reading.posterior();
    posterior.insert(posterior.end(), given_all.begin(), given_all.end());
    for (std::size_t i = 0; i < 2 * K; ++i) {
      const double away = posterior[i] - std::exp(reading.prior[i % K]);
      error[i] += away;
      squares[i] += away * away;
    }
  }
  for (std::size_t i = 0; i < 2 * K; ++i)
    EXPECT_LT(std::abs(error[i]), standard_errors * std::sqrt(squares[i]))
        << (i < K ? "behaviour" : "all") << ", node " << i % K;
}

/// Probabilities of both responses by a time, summed over the nodes.
std::array<double, 2> incidence(const NeuronCurves& curves, double until) {
  constexpr int steps = 80;
  std::array<double, 2> probability{};
  const auto& prior = curves.log_prior();
  const std::size_t K = prior.size();
  for (int i = 0; i < steps; ++i) {
    const double time = until * (i + 0.5) / steps;
    const auto total = curves.cumulative_hazards(time), hazard = curves.hazards(time);
    for (std::size_t k = 0; k < K; ++k)
      for (std::size_t a = 0; a < 2; ++a)
        probability[a] +=
            std::exp(prior[k] - total[k] - total[K + k]) * hazard[a * K + k] * until / steps;
  }
  return probability;
}

TEST(StatisticsOfNeuronSample, ResponsesFollowTheirDistribution) {
  const Known known;
  std::array<double, 3> seen{}, expected{}, variance{};
  Numbers uniform;
  for (std::size_t n = 0; n < known.data.trials(); ++n) {
    const auto by_end = incidence(known.trials.curves(n), 1);
    const std::array p{by_end[0], by_end[1], 1 - by_end[0] - by_end[1]};
    const std::size_t outcome = known.data.responded(n) ? known.data.action(n) : 2;
    ++seen[outcome];
    for (std::size_t a = 0; a < 3; ++a) {
      expected[a] += p[a];
      variance[a] += p[a] * (1 - p[a]);
    }
    if (outcome == 2) continue;
    const auto before = incidence(known.trials.curves(n), known.data.trial.response_time[n]);
    uniform.push_back((before[0] + before[1]) / (by_end[0] + by_end[1]));
  }
  for (std::size_t a = 0; a < 3; ++a)
    EXPECT_LT(std::abs(seen[a] - expected[a]), standard_errors * std::sqrt(variance[a])) << a;

  std::ranges::sort(uniform);
  const auto count = static_cast<double>(uniform.size());
  ASSERT_GT(count, 600);
  for (std::size_t i = 0; i < uniform.size(); ++i)
    ASSERT_LT(std::abs(uniform[i] - (static_cast<double>(i) + 0.5) / count),
              1.63 / std::sqrt(count));  // 99 % band
}

}  // namespace
}  // namespace nnpoisson
