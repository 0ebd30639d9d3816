#include "nnpoisson/neuron_dependencies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"
#include "nnpoisson/sample.hpp"
#include "own_folder.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

/// The message of the UsageError that a call ends with.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

class NeuronInformation : public testing::Test {
 protected:
  [[nodiscard]] NeuronDependencies of(const Model& model, const Dataset& data,
                                      int threads = 1) const {
    return neuron_dependencies({&model, 1}, data, {.threads = threads});
  }
  double& loading(std::size_t unit) {
    const NeuronLayout layout(model_.neuron_shape);
    return model_.parameters[layout[NeuronTensor::gain_c].offset + unit];
  }

  Model model_ = known_neurons(80).model;
  Dataset data_ = sample(model_, known_neurons(80).trials, {.seed = 8});
};

double log_mean(const std::vector<double>& log_prior, const std::vector<double>& logs) {
  double sum = 0;
  for (std::size_t k = 0; k < logs.size(); ++k) sum += std::exp(log_prior[k] + logs[k]);
  return std::log(sum);
}

/// What one unit's spikes say, by plain sums.
TEST_F(NeuronInformation, IsThatOfTheTrialsReadings) {
  const auto d = of(model_, data_);
  const NeuronTrials trials(model_, data_);
  const std::size_t u = 70, place = 10;  // of the second session
  double total = 0, alone = 0, lost = 0, count = 0;
  for (std::size_t n = 0; n < data_.trials(); ++n) {
    const auto r = trials.read(n);
    total += r.joint - r.spikes - r.behaviour;
    if (data_.trial.session[n] != 1) continue;
    const std::size_t K = r.prior.size();
    std::vector<double> own(K), both(K), rest(K), rest_both(K);
    for (std::size_t k = 0; k < K; ++k) {
      own[k] = r.of_unit[place * K + k];
      both[k] = own[k] + r.of_behaviour[k];
      rest[k] = r.of_spikes[k] - own[k] - r.spikes;
      rest_both[k] = rest[k] + r.of_behaviour[k];
    }
    alone += log_mean(r.prior, both) - log_mean(r.prior, own) - r.behaviour;
    lost += r.joint - r.spikes - log_mean(r.prior, rest_both) + log_mean(r.prior, rest);
    ++count;
  }
  EXPECT_NEAR(d.total.mean, total / static_cast<double>(data_.trials()), 1e-9);
  EXPECT_EQ(d.units[u].session, "known_neurons_2");
  EXPECT_EQ(d.units[u].information.trials, 40U);
  EXPECT_NEAR(d.units[u].information.alone.mean, alone / count, 1e-9);
  EXPECT_NEAR(d.units[u].information.lost.mean, lost / count, 1e-9);
  EXPECT_EQ(d.units[u].loading.mean, loading(u));
}

TEST_F(NeuronInformation, ASingleRegionHasAllOfIt) {
  data_.region_names = {"all"};
  std::ranges::fill(data_.unit.region, 0);
  const auto d = of(model_, data_);
  ASSERT_EQ(d.regions.size(), 1U);
  const auto& region = d.regions[0];
  EXPECT_EQ(region.units, 120U);
  EXPECT_EQ(region.information.alone.mean, d.total.mean);
  EXPECT_EQ(region.information.alone.trial_error, d.total.trial_error);
  EXPECT_NEAR(region.information.lost.mean, d.total.mean, 1e-9);
}

TEST_F(NeuronInformation, WithoutLoadingsARegionSaysNothing) {
  for (std::size_t u = 0; u < data_.units(); ++u)
    if (data_.unit.region[u] == 1) loading(u) = 0;
  const auto d = of(model_, data_);
  EXPECT_EQ(d.regions[1].loading.mean, 0);
  EXPECT_NEAR(d.regions[1].information.lost.mean, 0, 1e-9);
  EXPECT_NEAR(d.regions[1].information.alone.mean, 0, 1e-9);
  EXPECT_GT(d.regions[0].information.alone.mean, 0.01);
  EXPECT_EQ(d.regions_by_information.back(), 1U);
  EXPECT_FALSE(d.drive.has_value());
}

/// Regions count in the sessions that have units of them.
TEST_F(NeuronInformation, ARegionOfOneSession) {
  data_.region_names.emplace_back("new");
  for (std::size_t u = 60; u < 65; ++u) data_.unit.region[u] = 3;
  data_.region_names.emplace_back("none");
  const auto d = of(model_, data_);
  EXPECT_EQ(d.regions[3].information.trials, 40U);
  EXPECT_EQ(d.regions[0].information.trials, 80U);
  EXPECT_EQ(d.regions[4].information.trials, 0U);
  EXPECT_TRUE(std::isnan(d.regions[4].information.lost.mean));
  EXPECT_EQ(d.regions_by_information.back(), 4U);
}

TEST_F(NeuronInformation, OfTwoModelsIsTheirMean) {
  const Model first = model_;
  for (std::size_t u = 0; u < data_.units(); ++u) loading(u) *= 0.5;
  const std::vector<Model> models{first, model_};
  const auto both = neuron_dependencies(models, data_);
  const auto a = of(first, data_), b = of(model_, data_);
  EXPECT_NEAR(both.total.mean, (a.total.mean + b.total.mean) / 2, 1e-12);
  EXPECT_NEAR(both.total.model_error, std::abs(a.total.mean - b.total.mean) / 2, 1e-12);
  EXPECT_NEAR(both.units[3].loading.mean, 1.5 * loading(3), 1e-12);
  EXPECT_NEAR(both.units[3].loading.model_error, std::abs(loading(3)) / 2, 1e-12);
  EXPECT_GT(both.total.trial_error, 0);
  EXPECT_TRUE(std::isnan(a.total.model_error));
}

TEST_F(NeuronInformation, TheSameOnAnyNumberOfThreads) {
  EXPECT_EQ(to_json(of(model_, data_, 1)), to_json(of(model_, data_, 7)));
}

TEST_F(NeuronInformation, IsWatched) {
  expect_watched([&](const Watch& watch) {
    return to_json(neuron_dependencies({&model_, 1}, data_, {.threads = 2}, watch));
  });
}

TEST_F(NeuronInformation, IsWritten) {
  const auto file = fresh_file("dependencies.json");
  const auto d = of(model_, data_);
  write_dependencies(file, d);
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, to_json(d));
  EXPECT_NE(text.find("\"drive\": null"), std::string::npos);
}

TEST_F(NeuronInformation, RefusesOtherModels) {
  const std::vector<Model> mixed{model_, demonstration(1).model};
  EXPECT_EQ(refusal([&] { (void)neuron_dependencies(mixed, data_); }),
            "model: is of preset exact; it cannot be averaged with models by neuron (preset "
            "neurons)");
  EXPECT_EQ(refusal([&] { (void)neuron_dependencies({}, data_); }), "dependencies: needs a model");
  EXPECT_EQ(refusal([&] {
              (void)dependencies({&model_, 1}, data_);
            }),
            "model: its actions do not read regions (model.heads = \"trunk\"); which region drives "
            "them can be asked of a model fitted with model.heads = \"regions\"");
  model_.units.id[0] = 1000;
  EXPECT_THROW((void)neuron_dependencies({&model_, 1}, data_), DataError);
}

/// Choices of the known model are driven by its latent: spikes tell of them, and less without a
/// region.
TEST(StatisticsOfNeuronInformation, SpikesTellOfBehaviour) {
  const auto [model, trials] = known_neurons(1000);
  const auto d = neuron_dependencies({&model, 1}, sample(model, trials, {.seed = 9}));
  EXPECT_GT(d.total.mean, 4 * d.total.trial_error);
  for (const auto& region : d.regions) {
    const auto& information = region.information;
    EXPECT_GT(information.alone.mean, 3 * information.alone.trial_error) << region.name;
    EXPECT_LT(information.alone.mean, d.total.mean) << region.name;
    EXPECT_LT(information.lost.mean, information.alone.mean) << region.name;
  }
}

/// The known model with heads that read regions, whose courses differ.
class NeuronDrives : public testing::Test {
 protected:
  static Model model_with(int nodes) {
    Model model = known_neurons(1).model;
    NeuronShape& shape = model.neuron_shape;
    shape.heads = HeadKind::regions;
    shape.nodes = nodes;
    shape.shared_gain = nodes > 1;
    model.parameters = neuron_start(shape, model.neuron_constants, 1);
    const NeuronLayout layout(shape);
    for (const auto tensor : {NeuronTensor::region_alpha, NeuronTensor::region_B,
                              NeuronTensor::gain_c, NeuronTensor::head_F1})
      for (std::size_t i = 0; i < layout[tensor].size; ++i) {
        double& value = model.parameters[layout[tensor].offset + i];
        const double wave = std::sin(static_cast<double>(7 * i + 1));
        value += tensor == NeuronTensor::head_F1 ? 0.5 * value * wave : 0.4 * wave;
      }
    return model;
  }
  Model model_ = model_with(16);
  const Dataset trials_ = known_neurons(18).trials;
};

/// Without a shared gain the latent is 0: then the heads are the actions.
TEST_F(NeuronDrives, HeadsAtALatentOf0) {
  const Model model = model_with(1);
  const NeuronCurves curves(model, std::vector<double>{1, 0.5});
  for (const double time : {0.0, 0.3, 1.0}) {
    const auto heads = curves.heads(curves.regions(time));
    const auto actions = curves.actions(time);
    for (const std::size_t a : {0U, 1U}) {
      EXPECT_NEAR(heads[a].cumulative + intensity_floor * time, actions[a].cumulative, 1e-12);
      EXPECT_NEAR(heads[a].intensity + intensity_floor, actions[a].intensity, 1e-12);
    }
  }
}

TEST_F(NeuronDrives, GradientsAreDifferences) {
  const NeuronCurves curves(model_, std::vector<double>{1, 0.5});
  auto states = curves.regions(0.6);
  std::vector<double> gradients(2 * states.size());
  curves.head_gradients(states, gradients);
  for (std::size_t g = 0; g < states.size(); ++g) {
    constexpr double step = 1e-5;
    const double z = states[g].z;
    states[g].z = z + step;
    const auto above = curves.heads(states);
    states[g].z = z - step;
    const auto below = curves.heads(states);
    states[g].z = z;
    for (const std::size_t a : {0U, 1U})
      EXPECT_NEAR(gradients[a * states.size() + g],
                  (above[a].cumulative - below[a].cumulative) / (2 * step), 1e-8);
  }
}

TEST_F(NeuronDrives, ContributionsSumToTheHazardAndSharesTo1) {
  const auto d = neuron_dependencies({&model_, 1}, trials_, {.steps = 20});
  ASSERT_TRUE(d.drive.has_value());
  const auto& mean = d.drive->mean;
  const std::size_t G = 3, K = 21;
  for (const std::size_t a : {0U, 1U}) {
    double shares = 0;
    for (std::size_t g = 0; g < G; ++g) shares += mean.share[a * G + g];
    EXPECT_NEAR(shares, 1, 1e-12);
    for (std::size_t k = 0; k < K; ++k) {
      double sum = 0;
      for (std::size_t g = 0; g < G; ++g) sum += mean.contribution[(a * G + g) * K + k];
      EXPECT_NEAR(sum, mean.hazard[a * K + k], 1e-9 * mean.hazard[a * K + K - 1]);
    }
  }
  // The mean of a region's units: about 10 Hz in the known model.
  EXPECT_GT(mean.intensity[0], 1);
  EXPECT_LT(mean.intensity[0], 100);
  EXPECT_NE(to_json(d).find("\"by_influence\""), std::string::npos);
}

TEST_F(NeuronDrives, ARegionThatNoHeadReads) {
  const auto slot = NeuronLayout(model_.neuron_shape)[NeuronTensor::head_F1];
  for (std::size_t i = 1; i < slot.size; i += 3) model_.parameters[slot.offset + i] = 0;
  const auto d = dependencies({&model_, 1}, trials_, {.steps = 10});
  EXPECT_EQ(d.mean.share[1], 0);
  EXPECT_EQ(d.mean.choice_change[1], 0);
  EXPECT_GT(d.mean.share[0], 0);
  EXPECT_GT(d.mean.choice_change[0], 0);
  EXPECT_NE(d.mean.median_change[0], 0);
}

}  // namespace
}  // namespace nnpoisson
