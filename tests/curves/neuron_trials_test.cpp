#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "neuron_golden.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

void expect_near(double found, double wanted, const std::string& what) {
  EXPECT_NEAR(found, wanted, tolerance::golden_loss * std::max(1.0, std::abs(wanted))) << what;
}

class GoldenNeuronTrials : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenNeuronTrials, LikelihoodsPosteriorsAndTotals) {
  const golden::NeuronCase c(GetParam());
  const Model model = c.model();
  const NeuronTrials trials(model, c.train);
  const auto joint = c.numbers("trial/joint"), spikes = c.numbers("trial/spikes"),
             behaviour = c.numbers("trial/behaviour"), posterior = c.numbers("trial/posterior"),
             Lambda = c.numbers("trial/Lambda");
  const std::size_t K = posterior.size() / c.train.trials(), U = c.train.units();
  for (std::size_t n = 0; n < c.train.trials(); ++n) {
    const auto reading = trials.read(n);
    const std::string where = " of trial " + std::to_string(n);
    expect_near(reading.joint, joint[n], "joint" + where);
    expect_near(reading.spikes, spikes[n], "spikes" + where);
    expect_near(reading.behaviour, behaviour[n], "behaviour" + where);
    for (std::size_t k = 0; k < K; ++k)
      expect_near(reading.posterior()[k], posterior[n * K + k], "posterior" + where);
    const auto& units = trials.units(static_cast<std::size_t>(c.train.trial.session[n]));
    for (std::size_t u = 0; u < units.size(); ++u)
      expect_near(reading.totals[u], Lambda[n * U + units[u]], "Lambda" + where);
  }
}

TEST_P(GoldenNeuronTrials, CurvesAtPoints) {
  const golden::NeuronCase c(GetParam());
  const Model model = c.model();
  const auto stimulus = c.numbers("point/stimulus"), time = c.numbers("point/time"),
             feature_rate = c.numbers("point/feature_rate"), Lambda = c.numbers("point/Lambda"),
             lambda = c.numbers("point/lambda"), totals = c.numbers("point/hazard_Lambda"),
             hazards = c.numbers("point/hazard_lambda"), unit = c.numbers("point/unit");
  const std::size_t F = c.train.features(), R = feature_rate.size() / time.size(),
                    nodes = totals.size() / time.size();
  for (std::size_t p = 0; p < time.size(); ++p) {
    const NeuronCurves curves(model, std::span(stimulus).subspan(p * F, F));
    const auto i = static_cast<std::size_t>(unit[p]);
    expect_near(curves.cumulative_intensities(time[p])[i], Lambda[p], "Lambda");
    expect_near(curves.intensities(time[p])[i], lambda[p], "lambda");
    for (std::size_t k = 0; k < R; ++k)
      expect_near(curves.rate(time[p])[k] * model.time_limit, feature_rate[p * R + k], "rate");
    for (std::size_t k = 0; k < nodes; ++k) {
      expect_near(curves.cumulative_hazards(time[p])[k], totals[p * nodes + k], "hazard Lambda");
      expect_near(curves.hazards(time[p])[k], hazards[p * nodes + k], "hazard lambda");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenNeuronTrials, ::testing::ValuesIn(golden::neuron_cases()),
                         golden::case_name);

}  // namespace
}  // namespace nnpoisson
