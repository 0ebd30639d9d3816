#include "sweep/side_by_side.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <memory>

#include "nnpoisson/folds.hpp"
#include "random_dataset.hpp"
#include "train/problem.hpp"

namespace nnpoisson {
namespace {

const std::atomic<bool> go_on{false};
const std::function<int()> one_thread = [] { return 1; };

std::vector<std::uint64_t> bits(const Fitted& fitted) {
  std::vector<std::uint64_t> all{static_cast<std::uint64_t>(fitted.iterations),
                                 static_cast<std::uint64_t>(fitted.best_iteration)};
  for (const auto* loss : {&fitted.validation, &fitted.test})
    for (const double value : {loss->neural, loss->left, loss->right, loss->total})
      all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

class SideBySide : public ::testing::TestWithParam<BackendKind> {
 protected:
  Launch launch() {
    const auto data = testing::random_dataset({.seed = 2, .trials = 40});
    const auto fold = trial_folds(data, 4, 0);
    std::vector<std::int32_t> inside, outside;
    for (std::size_t n = 0; n < fold.size(); ++n)
      (fold[n] == 0 ? inside : outside).push_back(static_cast<std::int32_t>(n));
    Launch made;
    made.shape = {.features = 2,
                  .stimulus_widths = {4, 3},
                  .time_width = 5,
                  .hidden_width = 4,
                  .behaviour_width = 3,
                  .regions = 3};
    made.training = std::make_shared<const Plan>(make_plan(data, {.parts = 2}, outside));
    made.validation = std::make_shared<const Plan>(make_plan(data, {}, inside));
    made.test = std::make_shared<const Plan>(make_plan(data, {.grouping = Grouping::by_region}));
    made.episodes = 2;
    made.backend.kind = GetParam();
    made.members = {{.seed = 0, .learning_rate = 0.01, .iterations = 12, .patience = 100},
                    {.seed = 1, .learning_rate = 0.3, .iterations = 12, .patience = 2},
                    {.seed = 2, .learning_rate = 0.02, .iterations = 7, .patience = 100}};
    return made;
  }
  static std::vector<Fitted> fitted(const Launch& launch,
                                    const std::function<int()>& threads = one_thread) {
    auto made = fit_side_by_side(launch, threads, go_on);
    EXPECT_TRUE(made.has_value());
    return made.value_or(std::vector<Fitted>(launch.members.size()));
  }
};

/// The same by the plainest loop over the seam.
Fitted plain(const Launch& launch, const Launch::Member& member) {
  const auto training = make_backend(launch.backend, launch.shape, launch.training);
  const auto validation = make_backend(launch.backend, launch.shape, launch.validation);
  TrainingState state{1, 0, initial_parameters(launch.shape, member.seed), {}, {}};
  state.first_moment.assign(state.parameters.size(), 0);
  state.second_moment = state.first_moment;
  Fitted made;
  std::vector<double> best;
  for (int i = 0; i < member.iterations; ++i) {
    if (i > 0 && i - 1 - made.best_iteration >= member.patience) break;
    const std::vector<std::uint32_t> order{0, 1, 0, 1};
    static_cast<void>(training->train(state, {order, {&member.learning_rate, 1}}, go_on));
    const auto loss = sum_of_losses(*validation, *launch.validation, state.parameters);
    made.iterations = i + 1;
    if (!best.empty() && !(loss.total < made.validation.total)) continue;
    made.validation = loss;
    made.best_iteration = i;
    best = state.parameters;
  }
  made.test =
      sum_of_losses(*make_backend(launch.backend, launch.shape, launch.test), *launch.test, best);
  return made;
}

TEST_P(SideBySide, EachIsAsIfAloneAndEndsByItself) {
  const auto all = launch();
  const auto together = fitted(all);
  ASSERT_EQ(together.size(), 3U);
  for (std::size_t m = 0; m < 3; ++m) {
    SCOPED_TRACE(m);
    EXPECT_EQ(bits(together[m]), bits(plain(all, all.members[m])));
    EXPECT_EQ(together[m].failure, "");
  }
  EXPECT_EQ(together[0].iterations, 12);
  EXPECT_LT(together[1].iterations, 12) << "it should have run out of patience: the test needs it";
  EXPECT_EQ(together[2].iterations, 7);
}

TEST_P(SideBySide, WhateverTheThreadsOfAnIteration) {
  const auto all = launch();
  int asked = 0;
  const auto changing = fitted(all, [&asked] { return 1 + asked++ / 2 % 3; });
  const auto alone = fitted(all);
  for (std::size_t m = 0; m < 3; ++m) EXPECT_EQ(bits(changing[m]), bits(alone[m]));
  EXPECT_GE(asked, 12);
}

TEST_P(SideBySide, OneThatFailsLeavesTheOthersAsTheyAre) {
  auto all = launch();
  const auto without = fitted(all);
  all.members[1].learning_rate = std::numeric_limits<double>::infinity();
  const auto with = fitted(all);
  EXPECT_NE(with[1].failure.find("is not finite"), std::string::npos) << with[1].failure;
  EXPECT_EQ(bits(with[0]), bits(without[0]));
  EXPECT_EQ(bits(with[2]), bits(without[2]));
  all.members = {all.members[1]};
  EXPECT_EQ(fitted(all)[0].failure, with[1].failure);
}

TEST_P(SideBySide, StoppedItLeavesNothing) {
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(fit_side_by_side(launch(), one_thread, stop).has_value());
}

INSTANTIATE_TEST_SUITE_P(Backends, SideBySide,
                         ::testing::Values(BackendKind::reference, BackendKind::cpu),
                         [](const auto& test) {
                           return test.param == BackendKind::cpu ? "cpu" : "reference";
                         });

}  // namespace
}  // namespace nnpoisson
