#include "nnpoisson/fit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "data/small_dataset.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

class Fit : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.train.iterations = 4;
    settings.train.episodes = 2;
    settings.train.batches = 3;
    options.backend.threads = 1;
  }

  const Demonstration truth = demonstration(60);
  const Dataset training = sample(truth.model, truth.trials, {.seed = 1});
  const Dataset other = sample(truth.model, truth.trials, {.seed = 2});
  Settings settings = preset_settings(Preset::exact);
  FitOptions options;
};

TEST_F(Fit, GivesAModelOfTheDatasetAndItsHistory) {
  options.test = &other;
  const FitResult result = fit(training, settings, options);
  ASSERT_EQ(result.models.size(), 1U);
  const FittedModel& fitted = result.models[0];
  EXPECT_EQ(fitted.end, FitEnd::iterations);
  EXPECT_EQ(fitted.model.region_names, training.region_names);
  EXPECT_EQ(fitted.model.time_limit, training.time_limit);
  EXPECT_EQ(fitted.model.parameters.size(), initial_parameters(fitted.model.shape, 0).size());
  ASSERT_EQ(fitted.history.size(), 4U);
  for (const auto& losses : fitted.history) {
    EXPECT_TRUE(std::isfinite(losses.train.total + losses.validation.total + losses.test.total));
    EXPECT_EQ(losses.test_regions.size(), training.regions());
    EXPECT_GE(losses.validation.total,
              fitted.history[static_cast<std::size_t>(fitted.best_iteration)].validation.total);
  }
  EXPECT_LT(fitted.history.back().train.total, fitted.history.front().train.total);
  EXPECT_GT(result.spikes_per_second, 0);
}

TEST_F(Fit, TellsOfEveryIterationAndMayBeStopped) {
  std::atomic<bool> stop{false};
  std::vector<int> begun;
  options.observer.before_iteration = [&](std::span<const FitCourse> models) {
    begun.push_back(models[0].iterations());
  };
  options.observer.after_iteration = [&](std::span<const FitCourse> models,
                                         const FitProgress& now) {
    EXPECT_EQ(models[0].iterations(), now.iteration);
    EXPECT_EQ(now.iterations, 4);
    EXPECT_GT(now.spikes_per_second, 0);
    EXPECT_GE(now.seconds_left, 0);
    stop = now.iteration == 2;
  };
  options.observer.stop = &stop;
  const FitResult result = fit(training, settings, options);
  EXPECT_EQ(result.models[0].end, FitEnd::stopped);
  EXPECT_EQ(begun, (std::vector{0, 1}));
  EXPECT_EQ(result.models[0].history.size(), 2U);
}

TEST_F(Fit, MembersAreFittedAsIfAlone) {
  const FitMember first{.seed = 3, .learning_rate = 0.01, .iterations = 3, .patience = 9};
  const FitMember second{.seed = 4, .learning_rate = 0.02, .iterations = 2, .patience = 9};
  options.members = {first, second};
  const FitResult both = fit(training, settings, options);
  ASSERT_EQ(both.models.size(), 2U);
  for (const std::size_t m : {0U, 1U}) {
    options.members = {m == 0 ? first : second};
    const FitResult alone = fit(training, settings, options);
    EXPECT_EQ(both.models[m].model.parameters, alone.models[0].model.parameters);
    EXPECT_EQ(both.models[m].history.size(), m == 0 ? 3U : 2U);
  }
}

TEST_F(Fit, TakesAValidationSetOfTheCallers) {
  options.validation = &other;
  settings.train.validation = 0;
  const auto given = fit(training, settings, options).models[0];
  EXPECT_GE(given.best_iteration, 0);
  options.validation = nullptr;
  const auto none = fit(training, settings, options).models[0];
  EXPECT_EQ(none.best_iteration, -1);
  EXPECT_TRUE(std::isnan(none.history[0].validation.total));
  // The trials to fit are the same, so the losses of training are.
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(given.history[i].train.total, none.history[i].train.total);
}

TEST_F(Fit, StartsWhereAModelEnded) {
  settings.train.validation = 0;
  settings.train.precision = Precision::double_precision;
  const auto first = fit(training, settings, options).models[0];
  options.initial = &first.model;
  const auto second = fit(training, settings, options).models[0];
  EXPECT_LT(second.history.front().train.total, first.history.front().train.total);
}

TEST_F(Fit, RefusesSetsThatDoNotFitTheTrainingSet) {
  Dataset wrong = other;
  wrong.source = "wrong.h5";
  wrong.region_names[0] = "elsewhere";
  options.test = &wrong;
  const auto refused = [&] {
    return testing::message<DataError>(
        [&] { static_cast<void>(fit(training, settings, options)); });
  };
  EXPECT_EQ(refused().rfind("wrong.h5: region/name[0]: is elsewhere", 0), 0U) << refused();
  options.test = nullptr;
  options.validation = &wrong;
  EXPECT_EQ(refused().rfind("wrong.h5: region/name[0]: is elsewhere", 0), 0U) << refused();
}

TEST_F(Fit, RefusesArraysThatAreNoDataset) {
  Dataset wrong = training;
  wrong.spike.unit[5] = 9999;
  const auto refused =
      testing::message<DataError>([&] { static_cast<void>(fit(wrong, settings, options)); });
  EXPECT_NE(refused.find("spike/unit[5]"), std::string::npos) << refused;
}

TEST_F(Fit, RefusesMembersThatCannotBeFitted) {
  const FitMember impossible[] = {{.learning_rate = -1e-3},
                                  {.learning_rate = std::numeric_limits<double>::infinity()},
                                  {.iterations = 0},
                                  {.patience = -1}};
  for (const FitMember& member : impossible) {
    options.members = {{}, member};
    EXPECT_THROW(static_cast<void>(fit(training, settings, options)), UsageError);
  }
}

TEST_F(Fit, SaysWhatStoppedBeingFinite) {
  Model broken = fit(training, settings, options).models[0].model;
  broken.parameters[ParameterLayout(broken.shape)[Tensor::e].offset] = 1e300;  // infinite in float
  options.initial = &broken;
  const auto failed = fit(training, settings, options).models[0];
  EXPECT_EQ(failed.end, FitEnd::not_finite);
  ASSERT_TRUE(failed.failure);
  EXPECT_NE(failed.failure->message().find(" is not finite "), std::string::npos);
}

TEST_F(Fit, FollowsThePublishedProgramToo) {
  settings = preset_settings(Preset::authors);
  settings.train.iterations = 2;
  const auto fitted = fit(training, settings, options).models[0];
  EXPECT_EQ(fitted.model.preset, Preset::authors);
  EXPECT_TRUE(fitted.model.shape.stimulus_bypass);
  EXPECT_EQ(fitted.history.size(), 2U);
}

}  // namespace
}  // namespace nnpoisson
