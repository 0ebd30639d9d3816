#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/predict.hpp"
#include "nnpoisson/sample.hpp"
#include "own_folder.hpp"
#include "storage/hdf5_file.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

const std::vector<std::vector<double>> some_stimuli{{1, 0}, {0.5, 0.5}};

double expected(const std::vector<double>& log_prior, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t k = 0; k < values.size(); ++k) sum += std::exp(log_prior[k]) * values[k];
  return sum;
}

TEST(PredictNeurons, UnitsAreMeansOverTheLatent) {
  const Model model = known_neurons(2).model;
  const Prediction p =
      predict(model, some_stimuli,
              {.times = {0, 0.3, 0.9}, .observed_until = 0.5, .units = true, .threads = 1});
  const NeuronCurves curves(model, some_stimuli[1]);
  const NeuronGains gains(model);
  const std::size_t U = model.units.id.size(), K = 3, i = 7;
  std::vector<double> gain;
  for (std::size_t k = 0; k < gains.nodes().size(); ++k) gain.push_back(gains.shared(i, k));
  const double mean = expected(curves.log_prior(), gain);
  const std::size_t cell = (U + i) * K + 1;
  EXPECT_NEAR(p.unit_intensity[cell], mean * curves.intensities(0.3)[i], 1e-12);
  EXPECT_NEAR(p.unit_cumulative[cell], mean * curves.cumulative_intensities(0.3)[i], 1e-12);
  EXPECT_TRUE(std::isnan(p.unit_intensity[cell + 1])) << "after observed_until";

  double region = 0, units = 0;
  for (std::size_t u = 0; u < U; ++u)
    if (model.neuron_shape.unit_region[u] == 2)
      region += p.unit_intensity[(U + u) * K + 1], ++units;
  EXPECT_NEAR(p.region_intensity[(3 + 2) * K + 1], region / units, 1e-12);
}

TEST(PredictNeurons, ActionsAreMeansOverTheLatent) {
  const Model model = known_neurons(2).model;
  const Prediction p = predict(model, some_stimuli, {.times = {0, 0.3, 0.9}});
  const NeuronCurves curves(model, some_stimuli[0]);
  const auto at = curves.actions(0.9);
  const std::size_t N = at.size() / 2;
  std::vector<double> survival, left;
  for (std::size_t k = 0; k < N; ++k) {
    survival.push_back(std::exp(-(at[k].cumulative + at[N + k].cumulative)));
    left.push_back(survival.back() * at[k].intensity);
  }
  EXPECT_NEAR(p.survival[2], expected(curves.log_prior(), survival), 1e-12);
  EXPECT_NEAR(p.density[2], expected(curves.log_prior(), left), 1e-12);
  EXPECT_NEAR(p.action_intensity[2], p.density[2] / p.survival[2], 1e-12);
  EXPECT_EQ(p.action_cumulative[0], 0);
  EXPECT_EQ(p.survival[0], 1);
}

/// By Simpson's rule on a fine grid.
double integral(const std::vector<double>& values, double width) {
  double sum = 0;
  for (std::size_t k = 0; k + 2 < values.size(); k += 2)
    sum += (values[k] + 4 * values[k + 1] + values[k + 2]) * width / 3;
  return sum;
}

TEST(PredictNeurons, DensitiesAndSurvivalAreOne) {
  const Model model = known_neurons(2).model;
  std::vector<double> times;
  for (int k = 0; k <= 2000; ++k) times.push_back(k / 2000.0);
  const Prediction fine = predict(model, some_stimuli, {.times = times});
  const std::size_t K = times.size();
  for (const std::size_t s : {0U, 1U}) {
    double all = fine.survival[s * K + K - 1];
    for (const std::size_t a : {0U, 1U}) {
      const auto row = [&](const std::vector<double>& values) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>((2 * s + a) * K);
        return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(K));
      };
      const double response = integral(row(fine.density), 1 / 2000.0);
      all += response;
      EXPECT_NEAR(fine.probability[2 * s + a], response, 1e-8);
      EXPECT_NEAR(row(fine.action_cumulative)[K - 1],
                  integral(row(fine.action_intensity), 1 / 2000.0), 1e-7);
    }
    EXPECT_NEAR(all, 1, 1e-8);
    const double responses = fine.probability[2 * s] + fine.probability[2 * s + 1];
    const Prediction median = predict(model, some_stimuli, {.times = {fine.median_time[s]}});
    EXPECT_NEAR(median.survival[s], 1 - responses / 2, 1e-7);
  }
}

class PredictTrials : public testing::Test {
 protected:
  const Demonstration known_ = known_neurons(60);
  const Model& model_ = known_.model;
  const Dataset data_ = sample(model_, known_.trials, {.seed = 5});

  [[nodiscard]] double mean_latent(const std::vector<double>& posterior) const {
    const auto nodes = latent_nodes(model_.neuron_shape.nodes);
    return std::inner_product(nodes.begin(), nodes.end(), posterior.begin(), 0.0);
  }
};

TEST_F(PredictTrials, ArePosteriorsOfTheTrialCutThere) {
  const TrialPrediction p = predict_trials(model_, data_, {.times = {0, 0.2, 0.4, 1}});
  const NeuronTrials trials(model_, data_);
  std::size_t seen = 0;
  for (std::size_t n = 0; n < data_.trials(); ++n) {
    const auto whole = trials.read(n);
    EXPECT_NEAR(p.latent_of_spikes[n], mean_latent(whole.posterior_of_spikes()), 1e-9);
    EXPECT_NEAR(p.latent_of_all[n], mean_latent(whole.posterior()), 1e-9);
    EXPECT_NEAR(p.latent[4 * n], mean_latent(trials.read(n, 0).posterior()), 1e-9);
    for (std::size_t k = 0; k < p.times.size(); ++k) {
      const bool over = p.times[k] > data_.trial.observed_until[n] ||
                        (data_.responded(n) && p.times[k] >= data_.trial.response_time[n]);
      EXPECT_EQ(std::isnan(p.latent[4 * n + k]), over);
      if (over) continue;
      ++seen;
      EXPECT_NEAR(p.latent[4 * n + k], mean_latent(trials.read(n, p.times[k]).posterior()), 1e-9);
    }
    if (data_.responded(n)) continue;
    EXPECT_NEAR(p.latent[4 * n + 3], p.latent_of_all[n], 1e-9) << "at W all has been seen";
    EXPECT_NEAR(p.latent_deviation[4 * n + 3], p.latent_of_all_deviation[n], 1e-9);
  }
  EXPECT_GT(seen, 2 * data_.trials());
}

/// Counts are seen where their bin has ended.
TEST_F(PredictTrials, OfCounts) {
  Dataset bins = known_.trials;
  bins.bin_width = 0.1;
  bins.count.offset.assign(bins.trials() + 1, 0);
  const Dataset counts = sample(model_, bins, {.seed = 5});
  const TrialPrediction p = predict_trials(model_, counts, {.times = {0.3, 0.35}});
  const NeuronTrials trials(model_, counts);
  for (std::size_t n = 0; n < counts.trials(); ++n)
    if (!std::isnan(p.latent[2 * n])) {
      EXPECT_NEAR(p.latent[2 * n], mean_latent(trials.read(n, 0.3).posterior()), 1e-9);
    }
}

/// The probability of left after 0.2 s by plain sums over nodes and small steps of time.
TEST_F(PredictTrials, LeftIsTheDirectSum) {
  const TrialPrediction p = predict_trials(model_, data_, {.times = {0.2}});
  const NeuronTrials trials(model_, data_);
  const std::size_t n = 3;
  const auto seen = trials.read(n, 0.2).posterior();
  const auto before = trials.curves(n).cumulative_hazards(0.2);
  std::array<double, 2> later{};
  constexpr int steps = 4000;
  for (int j = 0; j < steps; ++j) {
    const auto at = trials.curves(n).actions(0.2 + 0.8 * (j + 0.5) / steps);
    const std::size_t N = seen.size();
    for (std::size_t i = 0; i < 2 * N; ++i) {
      const std::size_t k = i % N;
      later[i / N] += seen[k] * at[i].intensity *
                      std::exp(before[k] + before[N + k] - at[k].cumulative - at[N + k].cumulative);
    }
  }
  ASSERT_FALSE(std::isnan(p.left[n]));
  EXPECT_NEAR(p.left[n], later[0] / (later[0] + later[1]), 1e-6);
}

TEST_F(PredictTrials, TheSameOnAnyNumberOfThreads) {
  const TrialPrediction one = predict_trials(model_, data_, {.times = {0.1, 0.2}, .threads = 1}),
                        seven = predict_trials(model_, data_, {.times = {0.1, 0.2}, .threads = 7});
  EXPECT_EQ(one.latent_of_all, seven.latent_of_all);
  for (std::size_t i = 0; i < one.left.size(); ++i) {
    EXPECT_TRUE(one.left[i] == seven.left[i] || std::isnan(one.left[i]));
    EXPECT_TRUE(one.latent[i] == seven.latent[i] || std::isnan(one.latent[i]));
  }
}

TEST_F(PredictTrials, AreWatched) {
  expect_watched([&](const Watch& watch) {
    return predict_trials(model_, data_, {.times = {0}, .threads = 2}, watch).latent_of_all;
  });
}

TEST_F(PredictTrials, RefusesOtherModelsAndTimes) {
  const auto [network, trials] = demonstration(1);
  try {
    (void)predict_trials(network, trials);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()),
              "model: is of preset exact; only models by neuron (preset neurons) say something of "
              "single trials");
  }
  EXPECT_THROW((void)predict_trials(model_, data_, {.times = {0.2, 0.1}}), UsageError);
  EXPECT_THROW((void)predict_trials(model_, data_, {.times = {0, 1.5}}), UsageError);
  EXPECT_THROW(write_trial_prediction("trials.txt", {}), UsageError);
}

TEST_F(PredictTrials, FilesHoldIt) {
  const TrialPrediction p = predict_trials(model_, data_);
  ASSERT_EQ(p.times.size(), 21U);
  const auto h5 = fresh_file("trials.h5"), csv = fresh_file("trials.csv"),
             npz = fresh_file("trials.npz");
  write_trial_prediction(h5, p);
  write_trial_prediction(csv, p);
  write_trial_prediction(npz, p);
  EXPECT_GT(std::filesystem::file_size(npz), 8 * 3 * p.latent.size());

  const Hdf5Reader in(h5);
  EXPECT_EQ(in.strings("trial/session"), p.session);
  EXPECT_EQ(in.numbers<std::int64_t>("trial/choice", 1), p.choice);
  EXPECT_EQ(in.numbers<double>("latent_of_all/mean", 1), p.latent_of_all);
  EXPECT_EQ(in.shape("response/left"), (std::vector<std::size_t>{p.size(), 21}));
  EXPECT_EQ(in.string_attribute("time", "unit"), "s");

  std::ifstream text(csv);
  std::string line;
  std::vector<std::string> lines;
  while (std::getline(text, line)) lines.push_back(line);
  ASSERT_EQ(lines.size(), 1 + 21 * p.size());
  std::istringstream second(lines[2]);
  std::vector<std::string> cells;
  for (std::string cell; std::getline(second, cell, ',');) cells.push_back(cell);
  ASSERT_EQ(cells.size(), 12U);
  EXPECT_EQ(cells[0], "known_neurons_1");
  EXPECT_EQ(std::stod(cells[4]), p.times[1]);
  EXPECT_EQ(std::stod(cells[5]), p.latent[1]);
  EXPECT_EQ(std::stod(cells[7]), p.left[1]);
}

/// Of trials of the known model, with the true parameters, choices are as predicted: seeds are
/// fixed, and a bound of 4 standard errors would fail a right program for one seed in 16,000 a
/// number.
TEST(StatisticsOfPredictTrials, ChoicesAndLatentAreCalibrated) {
  const auto [model, trials] = known_neurons(400);
  const Dataset data = sample(model, trials, {.seed = 6});
  const TrialPrediction p = predict_trials(model, data, {.times = {0, 0.2, 0.4}});
  for (std::size_t k = 0; k < 3; ++k)
    for (const bool likely : {true, false}) {
      double left = 0, expected_left = 0, variance = 0;
      for (std::size_t n = 0; n < data.trials(); ++n) {
        const double probability = p.left[3 * n + k];
        if (!data.responded(n) || std::isnan(probability) || (probability > 0.5) != likely)
          continue;
        left += data.trial.choice[n] > 0;
        expected_left += probability;
        variance += probability * (1 - probability);
      }
      EXPECT_GT(variance, 1) << p.times[k];
      EXPECT_LT(std::abs(left - expected_left), 4 * std::sqrt(variance)) << p.times[k];
    }
}

}  // namespace
}  // namespace nnpoisson
