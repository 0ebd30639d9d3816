#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <ostream>

#include "engine/rows.hpp"
#include "naive_network.hpp"
#include "random_dataset.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

using testing::random_dataset;
using testing::RandomDataset;

/// A network and a recording for it; no extent is a multiple of another, or all are 1.
struct Size {
  NetworkShape shape;
  RandomDataset recording;
};

std::vector<Size> sizes() {
  const auto size = [](NetworkShape shape, RandomDataset recording) {
    recording.features = shape.features;
    recording.regions = shape.regions;
    recording.seed = static_cast<std::uint64_t>(shape.features * 100 + shape.regions);
    return Size{shape, recording};
  };
  return {size({.features = 1,
                .stimulus_widths = {1, 1},
                .time_width = 1,
                .hidden_width = 1,
                .behaviour_width = 1,
                .regions = 1},
               {.sessions = 1, .trials = 13, .stimuli = 3, .spikes_per_unit = 8}),
          size({.features = 4,
                .stimulus_widths = {7, 3},
                .time_width = 11,
                .hidden_width = 13,
                .behaviour_width = 5,
                .regions = 3},
               {.trials = 23, .stimuli = 0, .spikes_per_unit = 5}),
          size({.features = 9,
                .stimulus_widths = {7, 3},
                .time_width = 11,
                .hidden_width = 13,
                .behaviour_width = 5,
                .regions = 17},
               {.sessions = 4, .trials = 11, .stimuli = 5, .spikes_per_unit = 1}),
          size({.features = 8, .regions = 6}, {.sessions = 2,
                                               .trials = 70,
                                               .stimuli = 0,
                                               .spikes_per_unit = 1})};  // the paper's widths
}

struct Likelihood {
  Preset preset;
  NeuralTime time;
  Grouping grouping;
  double resolution, bin_width;
  [[nodiscard]] std::string name() const {
    const char* groupings[] = {"authors", "joint", "by_region"};
    return std::string(to_string(preset)) + "_" + to_string(time) + "_" +
           groupings[static_cast<int>(grouping)] + (bin_width > 0 ? "_counts" : "") +
           (resolution > 0 ? "_merged" : "");
  }
};

void PrintTo(const Likelihood& likelihood, std::ostream* out) {
  *out << likelihood.name();
}

std::vector<Likelihood> likelihoods() {
  std::vector<Likelihood> all;
  for (const auto preset : {Preset::exact, Preset::authors})
    for (const auto time : {NeuralTime::scaled, NeuralTime::absolute})
      for (const auto grouping : {Grouping::authors, Grouping::joint, Grouping::by_region}) {
        if (preset == Preset::authors && time == NeuralTime::absolute)
          continue;  // their time is always scaled
        all.push_back({preset, time, grouping, 0, 0});
        if (time == NeuralTime::absolute) continue;  // the plan's affair, as far as what follows
        if (grouping != Grouping::authors) all.push_back({preset, time, grouping, 0.04, 0});
        if (preset == Preset::exact) all.push_back({preset, time, grouping, 0, 0.03});
      }
  return all;
}

std::vector<double> parameters_of_models(const NetworkShape& shape, int models) {
  std::vector<double> all;
  for (int m = 0; m < models; ++m) {
    const auto one = testing::random_parameters(shape, static_cast<std::uint64_t>(m) + 40);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

bool any_nan(std::span<const double> values) {
  for (const double v : values)
    if (std::isnan(v)) return true;
  return false;
}

/// A network, a plan of it, and what the reference says of all batches for two models.
struct Problem {
  static constexpr int models = 2;

  Problem(const Likelihood& likelihood, const Size& size, bool bypass) : shape(size.shape) {
    shape.stimulus_bypass = bypass;
    auto recording = size.recording;
    recording.bin_width = likelihood.bin_width;
    plan = std::make_shared<const Plan>(
        make_plan(random_dataset(recording), {.preset = likelihood.preset,
                                              .neural_time = likelihood.time,
                                              .grouping = likelihood.grouping,
                                              .parts = 2,
                                              .behaviour_weight = 0.3,
                                              .time_resolution = likelihood.resolution,
                                              .seed = 1}));
    batches.resize(plan->batches.size());
    std::iota(batches.begin(), batches.end(), 0U);
    parameters = parameters_of_models(shape, models);
    expected = evaluated_by(testing::reference_row);
  }
  [[nodiscard]] testing::Evaluated evaluated_by(const testing::Row& row) const {
    const auto found = testing::evaluate(*row.make(shape, plan), batches, models, parameters);
    EXPECT_TRUE(found.guards_intact);
    EXPECT_FALSE(any_nan(found.losses));
    EXPECT_FALSE(any_nan(found.gradients));
    return found;
  }

  NetworkShape shape;
  std::shared_ptr<const Plan> plan;
  std::vector<std::uint32_t> batches;
  std::vector<double> parameters;
  testing::Evaluated expected;
};

void expect_close_losses(const Problem& problem, const testing::Evaluated& found,
                         double tolerance) {
  const auto& expected = problem.expected.losses;
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(std::abs(found.losses[i] - expected[i]) <=
                tolerance * std::max(1.0, std::abs(expected[i])))
        << "batch " << i / 4 / Problem::models << " term " << i % 4 << ": " << found.losses[i]
        << " against " << expected[i];
}

/// To the largest number of each batch's and model's gradient.
void expect_close_gradients(const Problem& problem, const testing::Evaluated& found,
                            double tolerance) {
  const ParameterLayout layout(problem.shape);
  const std::size_t n = layout.size();
  for (std::size_t k = 0; k < problem.batches.size() * Problem::models; ++k) {
    const std::span<const double> gradient(found.gradients.data() + k * n, n),
        expected(problem.expected.gradients.data() + k * n, n);
    double largest = 0;
    for (const double g : expected) largest = std::max(largest, std::abs(g));
    for (const auto& slot : layout.slots()) {
      double error = 0;
      for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i)
        error = std::max(error, std::abs(gradient[i] - expected[i]));
      EXPECT_TRUE(error <= tolerance * largest)
          << "batch " << k / Problem::models << " " << slot.name() << ": " << error << " of "
          << largest;
    }
  }
}

void expect_agreement(const Problem& problem, const testing::Row& row) {
  const auto found = problem.evaluated_by(row);
  expect_close_losses(problem, found,
                      row.single() ? tolerance::float_loss : tolerance::golden_loss);
  expect_close_gradients(problem, found,
                         row.single() ? tolerance::float_gradient : tolerance::golden_gradient);

  // The emulation is slow, and in double the order of sums is that in float.
  if (row.emulated && (testing::sanitized || !row.single())) return;
  // More threads than processors are slow.
  const int threads = problem.shape.stimulus_bypass && problem.shape.regions == 3 ? 7 : 2;
  const auto again = problem.evaluated_by(row.with_team(threads));
  EXPECT_EQ(testing::bits(again.losses), testing::bits(found.losses)) << threads << " threads";
  EXPECT_EQ(testing::bits(again.gradients), testing::bits(found.gradients))
      << threads << " threads";
}

class Conformance : public ::testing::TestWithParam<Likelihood> {};

TEST_P(Conformance, EveryBackendAgreesWithTheReferenceAndWithItselfOnAnyTeam) {
  const Likelihood& likelihood = GetParam();
  for (const auto& size : sizes())
    for (const bool bypass : {false, true}) {
      // Nobody fits `exact` by the authors' batches, of which there are many: one size shows that
      // it could be done.
      if (likelihood.preset == Preset::exact && likelihood.grouping == Grouping::authors &&
          size.shape.features != 4)
        continue;
      const Problem problem(likelihood, size, bypass);
      for (const auto& row : testing::fast_rows(1)) {
        SCOPED_TRACE(row.name + ", " + std::to_string(size.shape.regions) + " regions" +
                     (bypass ? ", bypass" : ""));
        expect_agreement(problem, row);
      }
    }
}

/// Nothing is left over from a batch, a model or a call before; gradients do not change losses.
TEST_P(Conformance, EachBatchAndModelAloneGivesTheSameBits) {
  const Likelihood& likelihood = GetParam();
  const auto size = sizes()[1];
  auto shape = size.shape;
  shape.stimulus_bypass = true;
  auto recording = size.recording;
  recording.bin_width = likelihood.bin_width;
  const auto plan = std::make_shared<const Plan>(
      make_plan(random_dataset(recording), {.preset = likelihood.preset,
                                            .neural_time = likelihood.time,
                                            .grouping = likelihood.grouping,
                                            .parts = 3,
                                            .time_resolution = likelihood.resolution}));
  std::vector<std::uint32_t> batches(plan->batches.size());
  std::iota(batches.rbegin(), batches.rend(), 0U);
  const std::size_t n = ParameterLayout(shape).size(), models = 3;
  const auto parameters = parameters_of_models(shape, 3);
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(shape, plan);
    const auto together = testing::evaluate(*backend, batches, 3, parameters);
    EXPECT_EQ(testing::bits(testing::evaluate(*backend, batches, 3, parameters, false).losses),
              testing::bits(together.losses));
    for (std::size_t k = 0; k < batches.size(); ++k)
      for (std::size_t m = 0; m < models; ++m) {
        const std::size_t number = k * models + m;
        const auto alone = testing::evaluate(*backend, std::span(batches).subspan(k, 1), 1,
                                             std::span(parameters).subspan(m * n, n));
        EXPECT_EQ(testing::bits(alone.losses),
                  testing::bits(std::span(together.losses).subspan(number * 4, 4)));
        EXPECT_EQ(testing::bits(alone.gradients),
                  testing::bits(std::span(together.gradients).subspan(number * n, n)));
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Likelihoods, Conformance, ::testing::ValuesIn(likelihoods()),
                         [](const auto& which) { return which.param.name(); });

}  // namespace
}  // namespace nnpoisson
