#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "engine/rows.hpp"
#include "naive_network.hpp"
#include "nnpoisson/error.hpp"
#include "random_dataset.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

using testing::bits;

const NetworkShape shape{.features = 3,
                         .stimulus_widths = {7, 3},
                         .time_width = 11,
                         .hidden_width = 13,
                         .behaviour_width = 5,
                         .regions = 3,
                         .stimulus_bypass = true};
const std::vector<double> rates{1e-2, 3e-3, 1e-3};
constexpr std::size_t steps = 12;
const std::atomic<bool> go_on{false};

std::shared_ptr<const Plan> plan_with(Preset preset, double bin_width) {
  const auto data = testing::random_dataset(
      {.seed = 31, .trials = 29, .features = 3, .stimuli = 0, .bin_width = bin_width});
  const auto grouping = preset == Preset::exact ? Grouping::joint : Grouping::authors;
  return std::make_shared<const Plan>(make_plan(
      data, {.preset = preset, .grouping = grouping, .parts = 4, .behaviour_weight = 0.5}));
}

/// `length` batches in an order that comes back to some, at once and later.
std::vector<std::uint32_t> program(const Plan& plan, std::size_t length) {
  std::vector<std::uint32_t> order;
  for (std::size_t k = 0; k < length; ++k)
    order.push_back(static_cast<std::uint32_t>((k * k / 2) % plan.batches.size()));
  return order;
}

TrainingState start(int first_model, int models, const NetworkShape& for_shape = shape) {
  TrainingState state;
  state.models = models;
  for (int m = first_model; m < first_model + models; ++m) {
    const auto one = testing::random_parameters(for_shape, static_cast<std::uint64_t>(m) + 60);
    state.parameters.insert(state.parameters.end(), one.begin(), one.end());
  }
  state.first_moment.assign(state.parameters.size(), 0.0);
  state.second_moment = state.first_moment;
  return state;
}

void expect_same_bits(const TrainingState& a, const TrainingState& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(bits(a.parameters), bits(b.parameters));
  EXPECT_EQ(bits(a.first_moment), bits(b.first_moment));
  EXPECT_EQ(bits(a.second_moment), bits(b.second_moment));
}

void expect_same_bits(const BatchLoss& a, const BatchLoss& b) {
  EXPECT_EQ(bits(std::vector{a.neural, a.left, a.right, a.total}),
            bits(std::vector{b.neural, b.left, b.right, b.total}));
}

struct Which {
  std::string name;
  Preset preset;
  double bin_width;
};

class Training : public ::testing::TestWithParam<Which> {
 protected:
  std::shared_ptr<const Plan> plan = plan_with(GetParam().preset, GetParam().bin_width);
};

TEST_P(Training, NumbersDoNotDependOnThreads) {
  const auto order = program(*plan, steps);
  for (const auto& row : testing::fast_rows(1)) {
    SCOPED_TRACE(row.name);
    auto alone = start(0, 3);
    const auto result = row.make(shape, plan)->train(alone, {order, rates}, go_on);
    ASSERT_TRUE(result.finite);
    EXPECT_EQ(result.steps, steps);
    EXPECT_EQ(alone.step, steps);
    for (const int threads : {2, 7}) {
      auto team = start(0, 3);
      const auto again =
          row.with_team(threads).make(shape, plan)->train(team, {order, rates}, go_on);
      expect_same_bits(team, alone);
      for (std::size_t m = 0; m < 3; ++m) expect_same_bits(again.sums[m], result.sums[m]);
    }
  }
}

TEST_P(Training, ModelsSideBySideAreEachAsIfAlone) {
  const auto order = program(*plan, steps);
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(shape, plan);
    auto together = start(0, 3);
    const auto result = backend->train(together, {order, rates}, go_on);
    const std::size_t n = together.parameters.size() / 3;
    for (std::size_t m = 0; m < 3; ++m) {
      auto alone = start(static_cast<int>(m), 1);
      const auto own = backend->train(alone, {order, std::span(rates).subspan(m, 1)}, go_on);
      expect_same_bits(own.sums[0], result.sums[m]);
      EXPECT_EQ(bits(alone.parameters), bits(std::span(together.parameters).subspan(m * n, n)));
      EXPECT_EQ(bits(alone.first_moment), bits(std::span(together.first_moment).subspan(m * n, n)));
      EXPECT_EQ(bits(alone.second_moment),
                bits(std::span(together.second_moment).subspan(m * n, n)));
    }
  }
}

TEST_P(Training, InPiecesIsAsInOneCall) {
  const auto order = program(*plan, steps);
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    auto whole = start(0, 3), pieces = start(0, 3);
    static_cast<void>(row.make(shape, plan)->train(whole, {order, rates}, go_on));
    std::size_t done = 0;
    for (const std::size_t count :
         {1U, 0U, 4U, 7U}) {  // each by a backend of its own, as after a resume
      const auto result =
          row.make(shape, plan)
              ->train(pieces, {std::span(order).subspan(done, count), rates}, go_on);
      EXPECT_EQ(result.steps, count);
      done += count;
    }
    expect_same_bits(pieces, whole);
  }
}

TEST_P(Training, SumsAreThoseOfTheLossesBeforeEachStep) {
  const auto order = program(*plan, 5);
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(shape, plan);
    auto state = start(0, 1);
    double total = 0, neural = 0;
    for (const auto& batch : order) {
      const auto before = testing::evaluate(*backend, std::span(&batch, 1), 1, state.parameters);
      neural += before.losses[0];
      total += before.losses[3];
      static_cast<void>(backend->train(state, {std::span(&batch, 1), rates}, go_on));
    }
    auto again = start(0, 1);
    const auto result = backend->train(again, {order, rates}, go_on);
    EXPECT_EQ(result.sums[0].neural, neural);
    EXPECT_EQ(result.sums[0].total, total);
  }
}

TEST_P(Training, EveryBackendFollowsTheReference) {
  const auto order = program(*plan, 30);
  auto expected = start(0, 3);
  static_cast<void>(
      testing::reference_row.make(shape, plan)->train(expected, {order, rates}, go_on));
  for (const auto& row : testing::fast_rows(2)) {
    if (row.single()) continue;  // its paths fork where a weight meets 0
    SCOPED_TRACE(row.name);
    auto state = start(0, 3);
    static_cast<void>(row.make(shape, plan)->train(state, {order, rates}, go_on));
    double error = 0;
    for (std::size_t i = 0; i < state.parameters.size(); ++i) {
      ASSERT_FALSE(std::isnan(state.parameters[i]));
      error = std::max(error, std::abs(state.parameters[i] - expected.parameters[i]));
    }
    EXPECT_TRUE(error <= tolerance::golden_weight) << error;
  }
}

TEST_P(Training, ConstrainedWeightsStayAboveZeroAndHeldOnesAtZero) {
  auto held = shape;
  held.stimulus_bypass = false;
  const ParameterLayout layout(held);
  const auto order = program(*plan, 60);
  const std::vector<double> fast{0.1};
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    auto state = start(0, 1, held);
    ASSERT_TRUE(row.make(held, plan)->train(state, {order, fast}, go_on).finite);
    int at_zero = 0, below = 0;
    for (const auto& slot : layout.slots())
      for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        if (!slot.trained) {
          EXPECT_EQ(state.parameters[i], 0) << slot.name();
        }
        if (slot.trained && slot.non_negative) {
          EXPECT_TRUE(state.parameters[i] >= 0) << slot.name();
        }
        at_zero += slot.trained && slot.non_negative && state.parameters[i] == 0;
        below += slot.trained && !slot.non_negative && state.parameters[i] < 0;
      }
    EXPECT_GT(at_zero, 0) << "nothing was clamped";
    EXPECT_GT(below, 0) << "free weights were clamped too";
  }
}

TEST_P(Training, StoppedItLeavesTheState) {
  const auto order = program(*plan, 1 << 20);
  for (const auto& row : testing::all_rows(2))
    for (const int wait : {0, 20}) {
      auto state = start(0, 3);
      std::atomic<bool> stop{wait == 0};
      const std::jthread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(wait));
        stop = true;
      });
      const auto result = row.make(shape, plan)->train(state, {order, rates}, stop);
      EXPECT_LT(result.steps, wait == 0 ? 1U : order.size()) << row.name;
      expect_same_bits(state, start(0, 3));
    }
}

TEST_P(Training, WhatIsNotFiniteEndsTheProgramAndLeavesTheState) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const ParameterLayout layout(shape);
  const auto order = program(*plan, 2);
  const std::size_t n = layout.size();
  for (const auto& row : testing::all_rows(2)) {
    const auto backend = row.make(shape, plan);
    for (std::size_t t = 0; t < tensor_count; ++t)
      for (const double bad : {nan, infinity}) {
        // Infinite biases of saturating layers are limits that the network has; those of the
        // outputs are not.
        const auto tensor = static_cast<Tensor>(t);
        const bool output =
            tensor == Tensor::e || tensor == Tensor::f2_left || tensor == Tensor::f2_right;
        if (bad == infinity && !output) continue;
        SCOPED_TRACE(row.name + " " + layout.slots()[t].name());
        auto state = start(0, 2);
        state.parameters[n + layout.slots()[t].offset] = bad;
        const auto before = state;
        const auto result = backend->train(state, {order, rates}, go_on);
        EXPECT_FALSE(result.finite);
        EXPECT_EQ(result.steps, 0U);
        expect_same_bits(state, before);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Likelihoods, Training,
                         ::testing::Values(Which{"exact", Preset::exact, 0},
                                           Which{"counts", Preset::exact, 0.03},
                                           Which{"authors", Preset::authors, 0}),
                         [](const auto& which) { return which.param.name; });

/// The step that fails need not be the first; the clamp at 0 must not turn NaN into a number before
/// a later step meets it.
TEST(TrainingOfOneRegion, StopsAtTheLatestAtTheStepThatMeetsTheBadWeight) {
  const auto data =
      testing::random_dataset({.seed = 33, .regions = 2, .trials = 12, .features = 3});
  const auto plan =
      std::make_shared<const Plan>(make_plan(data, {.grouping = Grouping::by_region}));
  auto two = shape;
  two.regions = 2;
  const ParameterLayout layout(two);
  const std::vector<std::uint32_t> order{0, 0, 1};
  const auto bad_region = static_cast<std::size_t>(plan->batches[1].region);
  for (const auto& row : testing::all_rows(2))
    for (const auto tensor : {Tensor::E, Tensor::e}) {
      SCOPED_TRACE(row.name + " " + layout[tensor].name());
      auto state = start(0, 1, two);
      state.parameters[layout[tensor].offset + bad_region] =
          std::numeric_limits<double>::quiet_NaN();
      const auto before = state;
      const auto result = row.make(two, plan)->train(state, {order, rates}, go_on);
      EXPECT_FALSE(result.finite);
      EXPECT_LE(result.steps, 2U);
      expect_same_bits(state, before);
    }
}

TEST(Backends, EmptyBatchesCostNothingAndChangeNothing) {
  const auto data = testing::random_dataset({.seed = 34, .trials = 3, .features = 3});
  const auto plan = std::make_shared<const Plan>(make_plan(data, {.parts = 5}));
  const std::vector<std::uint32_t> last{4};
  for (const auto& row : testing::all_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = row.make(shape, plan);
    auto state = start(0, 1);
    static_cast<void>(testing::evaluate(*backend, std::vector<std::uint32_t>{0, 1, 2, 3}, 1,
                                        state.parameters));  // to leave something behind
    const auto value = testing::evaluate(*backend, last, 1, state.parameters);
    EXPECT_EQ(value.losses, std::vector<double>(4, 0.0));
    EXPECT_EQ(value.gradients, std::vector<double>(state.parameters.size(), 0.0));
  }
}

/// The rows of the CUDA backend are in every test above; where there is no GPU this one says so.
TEST(Backends, CudaRowsRun) {
  const auto gpu = testing::test_gpu();
  if (gpu.why_not.empty()) {
    EXPECT_EQ(testing::cuda_rows().size(), 2U);
    return;
  }
  if (testing::gpu_required()) FAIL() << "NNP_ROWS=cuda, but " << gpu.name << ": " << gpu.why_not;
  GTEST_SKIP() << gpu.name << ": " << gpu.why_not;
}

/// A checkpoint of one backend is another's start: in double, the paths stay together.
TEST(Backends, ContinueWhereAnotherStopped) {
  const auto plan = plan_with(Preset::exact, 0);
  const auto order = program(*plan, 20);
  for (const auto& row : testing::fast_rows(2)) {
    if (row.single()) continue;
    SCOPED_TRACE(row.name);
    auto whole = start(0, 2), shared = start(0, 2);
    static_cast<void>(
        testing::reference_row.make(shape, plan)->train(whole, {order, rates}, go_on));
    static_cast<void>(testing::reference_row.make(shape, plan)
                          ->train(shared, {std::span(order).first(8), rates}, go_on));
    static_cast<void>(
        row.make(shape, plan)->train(shared, {std::span(order).subspan(8), rates}, go_on));
    EXPECT_EQ(shared.step, whole.step);
    double error = 0;
    for (std::size_t i = 0; i < whole.parameters.size(); ++i)
      error = std::max(error, std::abs(shared.parameters[i] - whole.parameters[i]));
    EXPECT_TRUE(error <= tolerance::golden_weight) << error;
  }
}

/// On a device that cannot run the persistent kernel, or that has not the memory for all points:
/// the same numbers.
TEST(Backends, KernelsPhaseByPhaseOrStreamedGiveTheSameBits) {
  struct Case {
    Preset preset;
    double bin_width;
  };
  for (const auto& [preset, bin_width] :
       {Case{Preset::exact, 0}, Case{Preset::exact, 0.05}, Case{Preset::authors, 0}}) {
    const auto plan = plan_with(preset, bin_width);
    const auto order = program(*plan, 8);
    const auto run = [&](const simt::Card& device, double first) {
      auto state = start(0, 2);
      state.parameters[0] = first;
      const auto backend = kernels::make_device_backend(simt::make_emulated_training_device(device),
                                                        Precision::single_precision, shape, plan);
      EXPECT_EQ(backend->description().find("streamed in") != std::string::npos,
                device.free_bytes < 1 << 20)
          << backend->description();
      const auto result = backend->train(state, {order, rates}, go_on);
      return std::pair{state, result};
    };
    const auto persistent = run({}, 0.1);
    ASSERT_TRUE(persistent.second.finite);
    for (const auto& device : {simt::Card{.cooperative = false}, simt::Card{.free_bytes = 1},
                               simt::Card{.resident_blocks = 1, .free_bytes = 8 * 700}}) {
      const auto other = run(device, 0.1);
      expect_same_bits(other.first, persistent.first);
      expect_same_bits(other.second.sums[1], persistent.second.sums[1]);
      const auto bad = run(device, std::numeric_limits<double>::quiet_NaN()).second;
      EXPECT_FALSE(bad.finite);
      EXPECT_EQ(bad.steps, 0U);
    }
  }
}

TEST(Backends, UnknownInstructionSetsAreErrors) {
  const auto plan = plan_with(Preset::exact, 0);
  for (const auto precision : {Precision::double_precision, Precision::single_precision})
    EXPECT_THROW(
        static_cast<void>(make_backend(
            {.kind = BackendKind::cpu, .precision = precision, .instruction_set = "avx1024"}, shape,
            plan)),
        ResourceError);
  EXPECT_FALSE(instruction_sets().empty());
}

TEST(Backends, RefuseANetworkOfOtherSizesThanThePlan) {
  const auto plan = plan_with(Preset::exact, 0);
  auto features = shape, regions = shape;
  ++features.features;
  --regions.regions;
  for (const auto& row : testing::all_rows(1)) {
    EXPECT_THROW(static_cast<void>(row.make(features, plan)), UsageError) << row.name;
    EXPECT_THROW(static_cast<void>(row.make(regions, plan)), UsageError) << row.name;
  }
}

TEST(Backends, DescribeThemselves) {
  const auto plan = plan_with(Preset::exact, 0);
  for (const auto& row : testing::cpu_rows(2)) {
    const auto text = row.make(shape, plan)->description();
    EXPECT_NE(text.find(row.options.instruction_set), std::string::npos) << text;
    EXPECT_NE(text.find(row.single() ? "float" : "double"), std::string::npos) << text;
    EXPECT_NE(text.find("2 threads"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace nnpoisson
