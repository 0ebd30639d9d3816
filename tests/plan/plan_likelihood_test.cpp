#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "direct_likelihood.hpp"
#include "plan/naive_plan.hpp"
#include "plan/partition.hpp"
#include "random_dataset.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

using testing::DirectLikelihood;
using testing::NaiveNetwork;
using testing::random_dataset;
using testing::RandomDataset;
using testing::Responses;

NetworkShape shape_for(const Dataset& data) {
  return {.features = static_cast<int>(data.features()),
          .stimulus_widths = {3, 4},
          .time_width = 3,
          .hidden_width = 4,
          .behaviour_width = 3,
          .regions = static_cast<int>(data.regions()),
          .stimulus_bypass = true};
}

NaiveNetwork network_for(const Dataset& data) {
  return {shape_for(data), testing::random_parameters(shape_for(data), 5)};
}

void expect_close(double value, double expected, const std::string& what) {
  EXPECT_TRUE(std::abs(value - expected) <=
              tolerance::golden_loss * std::max(1.0, std::abs(expected)))
      << what << ": " << value << " against " << expected;
}

struct Recording {
  std::string name;
  RandomDataset like;
};

std::vector<Recording> recordings() {
  return {{"mixed", {.seed = 1}},
          {"every_trial_another_stimulus",
           {.seed = 2, .regions = 4, .trials = 17, .features = 5, .stimuli = 0}},
          {"one_region",
           {.seed = 3, .sessions = 1, .regions = 1, .trials = 9, .features = 1, .stimuli = 2}},
          {"one_trial", {.seed = 4, .sessions = 1, .regions = 2, .trials = 1}},
          {"no_responses", {.seed = 5, .responses = Responses::none}},
          {"no_spikes", {.seed = 6, .spikes_per_unit = 0}},
          {"many_regions",
           {.seed = 7, .sessions = 4, .regions = 17, .trials = 8, .spikes_per_unit = 1}}};
}

std::vector<std::int32_t> all(const Dataset& data) {
  std::vector<std::int32_t> trials(data.trials());
  std::iota(trials.begin(), trials.end(), 0);
  return trials;
}

class PlanLikelihood : public ::testing::TestWithParam<Recording> {};

TEST_P(PlanLikelihood, ExactIsTheJointLikelihoodOfTrials) {
  for (const double bin_width : {0.0, 0.02})
    for (const auto time : {NeuralTime::scaled, NeuralTime::absolute}) {
      SCOPED_TRACE(std::string(to_string(time)) + (bin_width > 0 ? " counts" : " spikes"));
      auto like = GetParam().like;
      like.bin_width = bin_width;
      const auto data = random_dataset(like);
      ASSERT_NO_THROW(validate(data));
      const auto network = network_for(data);
      const DirectLikelihood direct(data, network, Preset::exact, time);
      const auto trials = all(data);
      const auto actions = direct.actions(trials);
      const auto T = static_cast<double>(data.trials());

      const auto whole = make_plan(data, {.neural_time = time, .behaviour_weight = 0.7});
      ASSERT_EQ(whole.batches.size(), 1U);
      const auto sums = testing::naive_sums(whole, whole.batches[0], network);
      expect_close(sums.neural, direct.neural(trials) / T, "neural");
      expect_close(sums.left, actions[0] / T, "left");
      expect_close(sums.right, actions[1] / T, "right");
      expect_close(sums.total, (direct.neural(trials) + 0.7 * (actions[0] + actions[1])) / T,
                   "total");

      const auto parted = make_plan(data, {.neural_time = time, .parts = 3, .seed = 11});
      const auto partition = joint_partition(trials, 3, 11);
      ASSERT_EQ(parted.batches.size(), 3U);
      for (std::size_t b = 0; b < 3; ++b) {
        const auto part = testing::naive_sums(parted, parted.batches[b], network);
        const auto count = static_cast<double>(std::max<std::size_t>(1, partition[b].size()));
        expect_close(part.neural, direct.neural(partition[b]) / count,
                     "neural of part " + std::to_string(b));
        expect_close(part.right, direct.actions(partition[b])[1] / count,
                     "right of part " + std::to_string(b));
      }

      const auto by_region =
          make_plan(data, {.neural_time = time, .grouping = Grouping::by_region});
      const auto order = alphabetical_regions(data);
      ASSERT_EQ(by_region.batches.size(), order.size() + 1);
      for (std::size_t k = 0; k < order.size(); ++k) {
        EXPECT_EQ(by_region.batches[k].region, order[k]);
        expect_close(testing::naive_sums(by_region, by_region.batches[k], network).total,
                     direct.neural(trials, order[k]) / T, "region " + std::to_string(order[k]));
      }
      expect_close(testing::naive_sums(by_region, by_region.batches.back(), network).total,
                   (actions[0] + actions[1]) / T, "behaviour");
    }
}

TEST_P(PlanLikelihood, AuthorsSumsAreThoseOfTheirBatches) {
  const auto data = random_dataset(GetParam().like);
  const auto network = network_for(data);
  const DirectLikelihood direct(data, network, Preset::authors, NeuralTime::scaled);
  const auto order = alphabetical_regions(data);
  const auto partition = authors_partition(data, 3, 2);
  const auto plan = make_plan(data, {.preset = Preset::authors,
                                     .grouping = Grouping::authors,
                                     .parts = 3,
                                     .behaviour_weight = 0.01,
                                     .seed = 2});
  ASSERT_EQ(plan.batches.size(), 3 * order.size());
  for (std::size_t part = 0; part < 3; ++part)
    for (std::size_t k = 0; k < order.size(); ++k) {
      SCOPED_TRACE("part " + std::to_string(part) + " region " + std::to_string(order[k]));
      const Batch& batch = plan.batches[part * order.size() + k];
      EXPECT_EQ(batch.region, order[k]);
      const auto sums = testing::naive_sums(plan, batch, network);
      const double neural =
          direct.neural(partition[k][part], order[k]) / (200.0 * static_cast<double>(order.size()));
      std::vector<std::int32_t> trials_of_all_parts;
      for (const auto& p : partition[k])
        trials_of_all_parts.insert(trials_of_all_parts.end(), p.begin(), p.end());
      const auto actions = direct.actions(trials_of_all_parts);
      expect_close(sums.neural, neural, "neural");
      expect_close(sums.left, actions[0] / 200, "left");
      expect_close(sums.right, actions[1] / 200, "right");
      expect_close(sums.total, neural + 0.01 * (actions[0] + actions[1]) / 200, "total");
    }

  const auto test = make_plan(data, {.preset = Preset::authors, .grouping = Grouping::by_region});
  const auto actions = direct.actions(all(data));
  const auto behaviour = testing::naive_sums(test, test.batches.back(), network);
  expect_close(behaviour.left, actions[0] / 200, "left of all trials");
  expect_close(behaviour.right, actions[1] / 200, "right of all trials");
  for (std::size_t k = 0; k < order.size(); ++k)
    expect_close(testing::naive_sums(test, test.batches[k], network).neural,
                 direct.neural(all(data), order[k]) / (200.0 * static_cast<double>(order.size())),
                 "all trials of a region");
}

TEST_P(PlanLikelihood, ExactByTheAuthorsBatchesHasTheSameBehaviourInEveryPart) {
  const auto data = random_dataset(GetParam().like);
  const auto network = network_for(data);
  const auto plan = make_plan(data, {.grouping = Grouping::authors, .parts = 2});
  const auto regions = data.regions();
  for (std::size_t k = 0; k < regions; ++k) {
    const auto unscaled = [&](const Batch& batch) {
      return testing::naive_sums(plan, batch, network).left / batch.action_scale;
    };
    expect_close(unscaled(plan.batches[regions + k]), unscaled(plan.batches[k]), "left");
  }
}

TEST_P(PlanLikelihood, ChosenTrialsAreADatasetOfThoseTrials) {
  for (const double bin_width : {0.0, 0.02}) {
    auto like = GetParam().like;
    like.bin_width = bin_width;
    const auto data = random_dataset(like);
    const auto network = network_for(data);
    std::vector<std::int32_t> chosen;
    for (std::int32_t n = 0; n < like.trials; n += 2) chosen.push_back(n);
    const auto selected = select_trials(data, chosen);
    for (const auto grouping : {Grouping::joint, Grouping::by_region, Grouping::authors}) {
      const PlanOptions options{.grouping = grouping, .parts = 2, .seed = 4};
      const auto of_chosen = make_plan(data, options, chosen),
                 of_selected = make_plan(selected, options);
      EXPECT_EQ(of_chosen.spikes, of_selected.spikes);
      ASSERT_EQ(of_chosen.batches.size(), of_selected.batches.size());
      for (std::size_t b = 0; b < of_chosen.batches.size(); ++b)
        expect_close(testing::naive_sums(of_chosen, of_chosen.batches[b], network).total,
                     testing::naive_sums(of_selected, of_selected.batches[b], network).total,
                     "batch " + std::to_string(b));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Random, PlanLikelihood, ::testing::ValuesIn(recordings()),
                         [](const auto& which) { return which.param.name; });

/// Many spikes, few stimuli, so that a cell's spikes are spread evenly.
Dataset dense_recording(double spikes_per_unit = 400) {
  return random_dataset({.seed = 8,
                         .sessions = 1,
                         .regions = 2,
                         .trials = 12,
                         .stimuli = 2,
                         .time_limit = 1,
                         .spikes_per_unit = spikes_per_unit});
}

TEST(PlanTimeResolution, ErrorIsOfSecondOrder) {
  const auto data = dense_recording();
  const auto network = network_for(data);
  const auto neural = [&](double resolution) {
    const auto plan = make_plan(data, {.time_resolution = resolution});
    return testing::naive_sums(plan, plan.batches[0], network).neural;
  };
  const double exact = neural(0), coarse = std::abs(neural(0.1) - exact),
               half = std::abs(neural(0.05) - exact), quarter = std::abs(neural(0.025) - exact);
  EXPECT_GT(quarter, 0);
  EXPECT_TRUE(coarse / half > 3.2 && coarse / half < 4.8) << coarse << " to " << half;
  EXPECT_TRUE(half / quarter > 3.2 && half / quarter < 4.8) << half << " to " << quarter;
}

TEST(PlanTimeResolution, SpreadIsThatOfACell) {
  auto data = dense_recording(1500);
  for (std::size_t i = 0; i < data.spike.time.size();
       ++i) {  // evenly over the trial, not on the recording's grid
    std::size_t n = 0;
    while (data.spike.offset[n + 1] <= static_cast<std::int64_t>(i)) ++n;
    const auto first = data.spike.offset[n], count = data.spike.offset[n + 1] - first;
    data.spike.time[i] = data.trial.observed_until[n] *
                         (static_cast<double>(static_cast<std::int64_t>(i) - first) + 0.5) /
                         static_cast<double>(count);
  }
  for (const double d : {0.1, 0.02}) {
    const auto plan = make_plan(data, {.time_resolution = d});
    EXPECT_NEAR(plan.mean_square_spread, d * d / 12, 0.02 * d * d / 12) << d;
    const auto parted = make_plan(data, {.parts = 4, .time_resolution = d});
    EXPECT_NEAR(parted.mean_square_spread, d * d / 12, 0.02 * d * d / 12) << d;
  }
  EXPECT_EQ(make_plan(data, {}).mean_square_spread, 0);
}

TEST(PlanTimeResolution, PointsLieInTheirCellsAndSpikesStayInNumber) {
  const auto data = dense_recording(40);
  const double d = 0.1;
  const auto plan = make_plan(data, {.time_resolution = d});
  double spikes = 0;
  std::size_t points = 0;
  for (const auto& tile : plan.tiles) {
    if (tile.term != Term::neural || tile.reading != Reading::rate) continue;
    points += tile.count;
    for (std::size_t i = 0; i < tile.count * tile.columns; ++i)
      spikes += plan.weight[tile.first_weight + i];
  }
  EXPECT_LE(points, 2U * 2U * 10U);  // stimuli x columns x cells
  EXPECT_EQ(spikes, static_cast<double>(data.spike.time.size()));
  EXPECT_EQ(plan.spikes, data.spike.time.size());
}

}  // namespace
}  // namespace nnpoisson
