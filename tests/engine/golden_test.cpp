#include "engine/golden.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "engine/rows.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

using testing::Row;

bool is_double(const Row& row) {
  return !row.single();
}

PlanOptions authors(int parts, Grouping grouping = Grouping::authors) {
  return {
      .preset = Preset::authors, .grouping = grouping, .parts = parts, .behaviour_weight = 0.01};
}

int parts_of(const golden::Case& c) {
  return static_cast<int>(c.file.members("partition/" + c.train.region_names[0]).size());
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, PartitionIsTheAuthorsOwn) {
  const golden::Case c(GetParam());
  const auto order = alphabetical_regions(c.train);
  const auto partition = authors_partition(c.train, parts_of(c), 0);
  for (std::size_t k = 0; k < order.size(); ++k)
    for (std::size_t b = 0; b < partition[k].size(); ++b)
      EXPECT_EQ(partition[k][b],
                c.file.numbers<std::int32_t>(
                    "partition/" + c.train.region_names[static_cast<std::size_t>(order[k])] + "/" +
                        std::to_string(b),
                    1));
}

TEST_P(Golden, LossesAndGradients) {
  const golden::Case c(GetParam());
  const auto parameters = c.weights("step0");
  const auto order = alphabetical_regions(c.train);
  for (const auto& [data, parts, batch] :
       {std::tuple{&c.train, parts_of(c), "train_batch0"}, std::tuple{&c.test, 1, "test_all"}}) {
    const auto plan = std::make_shared<const Plan>(make_plan(*data, authors(parts)));
    for (const auto& row : testing::all_rows(2)) {
      const auto backend = row.make(c.shape, plan);
      std::vector<std::uint32_t> batches;
      for (std::uint32_t k = 0; k < order.size(); ++k) batches.push_back(k);
      std::vector<BatchLoss> losses(order.size());
      std::vector<double> gradients(order.size() * parameters.size());
      backend->evaluate(batches, 1, parameters, losses, gradients);
      for (std::size_t k = 0; k < order.size(); ++k) {
        const std::string region = c.train.region_names[static_cast<std::size_t>(order[k])];
        SCOPED_TRACE(row.name + " " + batch + " " + region);
        const double tolerance = is_double(row) ? tolerance::golden_loss : tolerance::float_loss;
        const auto close = [&, batch = batch](double value, const std::string& term) {
          const double expected = c.loss(region, batch, term);
          EXPECT_TRUE(std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected)))
              << term << ": " << value << " against " << expected;
        };
        close(losses[k].neural, "neural");
        close(losses[k].left, "left");
        close(losses[k].right, "right");
        close(losses[k].total, "total");
        const std::span<const double> found(gradients.data() + k * parameters.size(),
                                            parameters.size());
        const auto theirs = c.gradient(region, batch);
        const ParameterLayout layout(c.shape);
        for (const auto& slot : layout.slots()) {
          double error = 0, largest = 0;
          for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
            ASSERT_FALSE(std::isnan(found[i])) << slot.name();
            error = std::max(error, std::abs(found[i] - theirs[i]));
          }
          for (const double g : theirs) largest = std::max(largest, std::abs(g));
          EXPECT_TRUE(error <=
                      (is_double(row) ? tolerance::golden_gradient : tolerance::float_gradient) *
                          largest)
              << slot.name() << ": " << error << " of " << largest;
        }
      }
    }
  }
}

TEST_P(Golden, WeightsAfterSteps) {
  const golden::Case c(GetParam());
  const int parts = parts_of(c);
  const auto plan = std::make_shared<const Plan>(make_plan(c.train, authors(parts)));
  std::vector<std::uint32_t> order;
  for (int episode = 0; episode < 2; ++episode)
    for (std::uint32_t b = 0; b < plan->batches.size(); ++b) order.push_back(b);
  const std::vector<double> rate{1e-4};
  const std::atomic<bool> stop{false};
  for (const auto& row : testing::all_rows(2)) {
    const auto backend = row.make(c.shape, plan);
    TrainingState state;
    state.parameters = c.weights("step0");
    state.first_moment.assign(state.parameters.size(), 0.0);
    state.second_moment = state.first_moment;
    std::size_t done = 0;
    BatchLoss sums;
    for (const auto& [upto, when] :
         {std::pair{std::size_t{1}, "step1"}, std::pair{std::size_t{10}, "step10"},
          std::pair{order.size(), "two_episodes"}}) {
      SCOPED_TRACE(row.name + " " + when);
      const auto result =
          backend->train(state, {std::span(order).subspan(done, upto - done), rate}, stop);
      ASSERT_TRUE(result.finite);
      ASSERT_EQ(result.steps, upto - done);
      done = upto;
      sums = {sums.neural + result.sums[0].neural, sums.left + result.sums[0].left,
              sums.right + result.sums[0].right, sums.total + result.sums[0].total};
      const auto expected = c.weights(when);
      double error = 0;
      for (std::size_t i = 0; i < expected.size(); ++i)
        error = std::max(error, std::abs(state.parameters[i] - expected[i]));
      EXPECT_TRUE(error <= (is_double(row) ? tolerance::golden_weight : tolerance::run_weight))
          << error;
    }
    const auto expected =
        c.file.numbers_attribute("float64", "two_episode_sums_neural_left_right_total");
    const double tolerance = is_double(row) ? tolerance::golden_loss : tolerance::float_loss;
    EXPECT_NEAR(sums.neural, expected[0], tolerance * std::abs(expected[0])) << row.name;
    EXPECT_NEAR(sums.left, expected[1], tolerance * std::abs(expected[1])) << row.name;
    EXPECT_NEAR(sums.right, expected[2], tolerance * std::abs(expected[2])) << row.name;
    EXPECT_NEAR(sums.total, expected[3], tolerance * std::abs(expected[3])) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, ::testing::ValuesIn(golden::cases()),
                         [](const auto& which) { return which.param; });

}  // namespace
}  // namespace nnpoisson
