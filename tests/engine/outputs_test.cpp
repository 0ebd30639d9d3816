#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "engine/rows.hpp"
#include "naive_network.hpp"
#include "nnpoisson/error.hpp"
#include "random_dataset.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

/// A network's backend needs a plan, though its outputs do not.
std::shared_ptr<const Plan> any_plan(const NetworkShape& shape) {
  return std::make_shared<const Plan>(make_plan(
      testing::random_dataset({.regions = shape.regions, .trials = 3, .features = shape.features}),
      {}));
}

struct Points {
  std::vector<double> stimuli, time;
  std::vector<std::uint32_t> stimulus;
  Points(int features, std::size_t distinct, std::size_t count) {
    for (std::size_t i = 0; i < distinct * static_cast<std::size_t>(features); ++i)
      stimuli.push_back(std::sin(static_cast<double>(3 * i + 1)));
    for (std::size_t p = 0; p < count; ++p) {
      time.push_back(0.01 * static_cast<double>(p % 97));
      stimulus.push_back(static_cast<std::uint32_t>(p * 7 % distinct));
    }
  }
  [[nodiscard]] OutputPoints view() const { return {stimuli, stimulus, time}; }
};

std::vector<NetworkShape> shapes() {
  return {{.features = 1,
           .stimulus_widths = {1, 1},
           .time_width = 1,
           .hidden_width = 1,
           .behaviour_width = 1,
           .regions = 1},
          {.features = 4,
           .stimulus_widths = {7, 3},
           .time_width = 11,
           .hidden_width = 13,
           .behaviour_width = 5,
           .regions = 5,
           .stimulus_bypass = true},
          {.features = 8, .regions = 6}};
}

TEST(BackendOutputs, AgreeWithTheReferenceOnEveryBackend) {
  for (const auto& shape : shapes()) {
    const auto plan = any_plan(shape);
    const auto parameters = testing::random_parameters(shape, 5);
    const Points points(shape.features, 13, 331);
    const auto expected =
        testing::reference_row.make(shape, plan)->outputs(parameters, points.view());
    for (const auto& row : testing::fast_rows(2)) {
      SCOPED_TRACE(row.name + ", " + std::to_string(shape.regions) + " regions");
      const auto found = row.make(shape, plan)->outputs(parameters, points.view());
      const double tolerance = row.single() ? tolerance::float_loss : tolerance::golden_loss;
      EXPECT_TRUE(tolerance::relative_to_largest(found.value, expected.value) <= tolerance);
      EXPECT_TRUE(tolerance::relative_to_largest(found.rate, expected.rate) <= tolerance);
      const auto again = row.with_team(5).make(shape, plan)->outputs(parameters, points.view());
      EXPECT_EQ(testing::bits(again.value), testing::bits(found.value));
      EXPECT_EQ(testing::bits(again.rate), testing::bits(found.rate));
    }
  }
}

TEST(BackendOutputs, RatesAreTheDerivativesOfValues) {
  const auto shape = shapes()[1];
  const auto parameters = testing::random_parameters(shape, 6);
  Points points(shape.features, 3, 50), later = points, earlier = points;
  const double step = 1e-4;
  for (auto& t : later.time) t += step;
  for (auto& t : earlier.time) t -= step;
  const auto backend = testing::reference_row.make(shape, any_plan(shape));
  const auto now = backend->outputs(parameters, points.view());
  const auto after = backend->outputs(parameters, later.view()),
             before = backend->outputs(parameters, earlier.view());
  for (std::size_t i = 0; i < now.rate.size(); ++i)
    EXPECT_NEAR(now.rate[i], (after.value[i] - before.value[i]) / (2 * step),
                1e-6 * std::max(1.0, now.rate[i]));
}

TEST(BackendOutputs, NoPointsAndWrongOnes) {
  const auto shape = shapes()[1];
  const auto parameters = testing::random_parameters(shape, 6);
  const Points none(shape.features, 2, 0);
  Points outside(shape.features, 2, 9);
  outside.stimulus[4] = 2;
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(shape, any_plan(shape));
    EXPECT_TRUE(backend->outputs(parameters, none.view()).value.empty());
    EXPECT_THROW(static_cast<void>(backend->outputs(parameters, outside.view())), UsageError);
    EXPECT_THROW(static_cast<void>(backend->outputs(std::span(parameters).first(3), none.view())),
                 UsageError);
  }
}

}  // namespace
}  // namespace nnpoisson
