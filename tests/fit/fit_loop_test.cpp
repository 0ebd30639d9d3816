#include "fit/fit_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <limits>
#include <memory>
#include <optional>

#include "fit/losses.hpp"
#include "nnpoisson/folds.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

const std::atomic<bool> go_on{false};

/// What became of a member.
struct Fitted {
  int iterations = 0, best_iteration = 0;
  BatchLoss validation{}, test{};
};

std::vector<std::uint64_t> bits(const Fitted& fitted) {
  std::vector<std::uint64_t> all{static_cast<std::uint64_t>(fitted.iterations),
                                 static_cast<std::uint64_t>(fitted.best_iteration)};
  for (const auto* loss : {&fitted.validation, &fitted.test})
    for (const double value : {loss->neural, loss->left, loss->right, loss->total})
      all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

Fitted fitted(const FitLoop& loop, std::size_t member) {
  const auto& course = loop.models()[member];
  const auto best = static_cast<std::size_t>(std::max(0, course.best.iteration));
  return {course.iterations(), course.best.iteration,
          course.history.empty() ? BatchLoss{} : course.history[best].validation,
          loop.test_at_best()[member]};
}

class SideBySide : public ::testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    const auto data = testing::random_dataset({.seed = 2, .trials = 40});
    const auto fold = trial_folds(data, 4, 0);
    std::vector<std::int32_t> inside, outside;
    for (std::size_t n = 0; n < fold.size(); ++n)
      (fold[n] == 0 ? inside : outside).push_back(static_cast<std::int32_t>(n));
    const NetworkShape shape{.features = 2,
                             .stimulus_widths = {4, 3},
                             .time_width = 5,
                             .hidden_width = 4,
                             .behaviour_width = 3,
                             .regions = 3};
    plans.start = [shape](std::uint64_t seed) { return initial_parameters(shape, seed); };
    const auto set = [&](const PlanOptions& how, std::span<const std::int32_t> trials) {
      return FitSet(shape, std::make_shared<const Plan>(make_plan(data, how, trials)));
    };
    plans.region_names = data.region_names;
    plans.training = set({.parts = 2}, outside);
    plans.validation = set({}, inside);
    plans.test = set({.grouping = Grouping::by_region}, {});
    plans.episodes = 2;
    options.backend.kind = GetParam();
    options.backend.threads = 1;
    options.test = LoopOptions::Test::best_weights;
  }

  [[nodiscard]] FitLoop run(std::vector<FitMember> chosen) const {
    FitLoop loop(plans, std::move(chosen), options);
    loop.run();
    return loop;
  }

  FitPlans plans;
  LoopOptions options;
  std::vector<FitMember> members{
      {.seed = 0, .learning_rate = 0.01, .iterations = 12, .patience = 100},
      {.seed = 1, .learning_rate = 0.3, .iterations = 12, .patience = 2},
      {.seed = 2, .learning_rate = 0.02, .iterations = 7, .patience = 100}};
};

/// The same by the plainest loop over the seam.
Fitted plain(const FitPlans& plans, const BackendOptions& backend, const FitMember& member) {
  const auto training = plans.training.make_backend(backend);
  const auto validation = plans.validation.make_backend(backend);
  TrainingState state{1, 0, plans.start(member.seed), {}, {}};
  state.first_moment.assign(state.parameters.size(), 0);
  state.second_moment = state.first_moment;
  Fitted made;
  std::vector<double> best;
  for (int i = 0; i < member.iterations; ++i) {
    if (i > 0 && i - 1 - made.best_iteration >= member.patience) break;
    const std::vector<std::uint32_t> order{0, 1, 0, 1};
    static_cast<void>(training->train(state, {order, {&member.learning_rate, 1}}, go_on));
    const auto loss = plan_loss(*validation, plans.validation, state.parameters).sum;
    made.iterations = i + 1;
    if (!best.empty() && !(loss.total < made.validation.total)) continue;
    made.validation = loss;
    made.best_iteration = i;
    best = state.parameters;
  }
  made.test = plan_loss(*plans.test.make_backend(backend), plans.test, best).sum;
  return made;
}

TEST_P(SideBySide, EachIsAsIfAloneAndEndsByItself) {
  const auto loop = run(members);
  for (std::size_t m = 0; m < 3; ++m) {
    SCOPED_TRACE(m);
    EXPECT_EQ(bits(fitted(loop, m)), bits(plain(plans, options.backend, members[m])));
    EXPECT_FALSE(loop.models()[m].failure);
  }
  EXPECT_EQ(loop.models()[0].end, FitEnd::iterations);
  EXPECT_EQ(loop.models()[1].end, FitEnd::patience) << "the test needs one that ends early";
  EXPECT_EQ(loop.models()[2].iterations(), 7);
}

TEST_P(SideBySide, WhateverTheThreadsOfAnIteration) {
  const auto alone = run(members);
  int asked = 0;
  options.threads = [&asked] { return 1 + asked++ / 2 % 3; };
  const auto changing = run(members);
  for (std::size_t m = 0; m < 3; ++m) EXPECT_EQ(bits(fitted(changing, m)), bits(fitted(alone, m)));
  EXPECT_GE(asked, 12);
}

TEST_P(SideBySide, OneThatFailsLeavesTheOthersAsTheyAre) {
  const auto without = run(members);
  members[1].learning_rate = std::numeric_limits<double>::infinity();
  const auto with = run(members);
  EXPECT_EQ(bits(fitted(with, 0)), bits(fitted(without, 0)));
  EXPECT_EQ(bits(fitted(with, 2)), bits(fitted(without, 2)));

  const auto& failed = with.models()[1];
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.end, FitEnd::not_finite);
  EXPECT_NE(failed.failure->message().find("is not finite at step 2 of iteration 0 (all regions)"),
            std::string::npos)
      << failed.failure->message();
  EXPECT_EQ(failed.state.parameters, plans.start(1)) << "as before it";
  EXPECT_EQ(run({members[1]}).models()[0].failure->message(), failed.failure->message());
}

TEST_P(SideBySide, StoppedTheyKeepWhatIsWhole) {
  std::atomic<bool> stop{true};
  options.observer.stop = &stop;
  const auto at_once = run(members);
  for (const auto& course : at_once.models()) {
    EXPECT_EQ(course.end, FitEnd::stopped);
    EXPECT_EQ(course.iterations(), 0);
  }

  stop = false;
  options.observer.after_iteration = [&](auto, const FitProgress& now) {
    stop = now.iteration == 3;
  };
  const auto stopped = run(members);
  EXPECT_EQ(stopped.models()[0].iterations(), 3);
  EXPECT_EQ(stopped.models()[0].end, FitEnd::stopped);
}

/// Stopped where an iteration has just begun with other parameters: alone, beside others, with and
/// without a set that measures.
TEST_P(SideBySide, AnIterationThatIsGivenUpLeavesNoTrace) {
  std::atomic<bool> stop{false};
  options.observer.stop = &stop;
  TrainingState before;
  options.observer.before_iteration = [&](std::span<const FitCourse> models) {
    before = models[0].state;
  };
  plans.schedule.begin = [&](int iteration, int, const std::vector<double>& parameters) {
    stop = iteration == 3;
    return stop ? std::optional(std::vector<double>(parameters.size(), 0.5)) : std::nullopt;
  };
  for (const bool measured : {true, false}) {
    if (!measured) plans.validation = {};
    for (const auto& chosen : {members, {members[0]}}) {
      stop = false;
      const auto loop = run(chosen);
      const auto& course = loop.models()[0];
      EXPECT_EQ(course.iterations(), 3);
      EXPECT_EQ(course.end, FitEnd::stopped);
      EXPECT_EQ(course.state.step, before.step);
      EXPECT_EQ(course.state.parameters, before.parameters);
      EXPECT_EQ(course.state.first_moment, before.first_moment);
      EXPECT_EQ(course.state.second_moment, before.second_moment);
    }
  }
}

TEST_P(SideBySide, ResumedTheyEndAsIfNeverStopped) {
  const auto whole = run(members);
  std::atomic<bool> stop{false};
  options.observer.stop = &stop;
  options.observer.after_iteration = [&](auto, const FitProgress& now) {
    stop = now.iteration == 3;
  };
  const auto stopped = run(members);

  options.observer = {};
  FitLoop again(plans, members, options);
  for (std::size_t m = 0; m < 3; ++m) {
    FitCourse course = stopped.models()[m];
    course.end = FitEnd::running;
    again.resume(m, course);
  }
  again.run();
  for (std::size_t m = 0; m < 3; ++m) EXPECT_EQ(bits(fitted(again, m)), bits(fitted(whole, m)));
}

INSTANTIATE_TEST_SUITE_P(Backends, SideBySide,
                         ::testing::Values(BackendKind::reference, BackendKind::cpu),
                         [](const auto& test) {
                           return test.param == BackendKind::cpu ? "cpu" : "reference";
                         });

}  // namespace
}  // namespace nnpoisson
