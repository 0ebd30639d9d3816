#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

#include "engine/neuron_rows.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

const std::atomic<bool> never_stop{false};
const std::vector<double> neuron_rates{1e-2, 3e-3};

class NeuronTraining : public ::testing::TestWithParam<HeadKind> {
 protected:
  testing::NeuronModel model{
      testing::random_dataset({.seed = 110, .trials = 29, .stimuli = 0}),
      {.width = 7, .nodes = 5, .rank = GetParam() == HeadKind::trunk ? 0 : 2, .heads = GetParam()},
      {.parts = 4, .behaviour_weight = 0.5, .shrinkage = 1}};

  [[nodiscard]] TrainingState start() const {
    TrainingState state{2, 0, model.parameters(111), {}, {}};
    const auto second = model.parameters(112);
    state.parameters.insert(state.parameters.end(), second.begin(), second.end());
    state.first_moment.assign(state.parameters.size(), 0);
    state.second_moment = state.first_moment;
    return state;
  }
  /// `length` batches in an order that comes back to some, at once and later.
  [[nodiscard]] std::vector<std::uint32_t> program(std::size_t length) const {
    std::vector<std::uint32_t> order;
    for (std::size_t k = 0; k < length; ++k)
      order.push_back(static_cast<std::uint32_t>((k * k / 2) % model.plan->batches.size()));
    return order;
  }
};

void expect_same_state(const TrainingState& a, const TrainingState& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(testing::bits_of(a.parameters), testing::bits_of(b.parameters));
  EXPECT_EQ(testing::bits_of(a.first_moment), testing::bits_of(b.first_moment));
  EXPECT_EQ(testing::bits_of(a.second_moment), testing::bits_of(b.second_moment));
}

TEST_P(NeuronTraining, EveryBackendFollowsTheReference) {
  const auto order = program(12);
  auto expected = start();
  const auto wanted =
      model.make(testing::neuron_reference)->train(expected, {order, neuron_rates}, never_stop);
  ASSERT_TRUE(wanted.finite);
  for (const auto& row : testing::fast_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    auto state = start();
    const auto result = model.make(row)->train(state, {order, neuron_rates}, never_stop);
    EXPECT_TRUE(result.finite);
    EXPECT_EQ(state.step, expected.step);
    EXPECT_EQ(result.steps, order.size());
    for (std::size_t m = 0; m < 2; ++m) {
      const double error =
          std::abs(result.sums[m].total - wanted.sums[m].total) / std::abs(wanted.sums[m].total);
      EXPECT_TRUE(error <= (row.single() ? tolerance::run_history : tolerance::golden_loss))
          << error;
    }
    double error = 0;
    for (std::size_t i = 0; i < state.parameters.size(); ++i) {
      ASSERT_FALSE(std::isnan(state.parameters[i]));
      error = std::max(error, std::abs(state.parameters[i] - expected.parameters[i]));
    }
    // Adam turns a gradient near 0 into a whole step, in float of either sign.
    EXPECT_TRUE(row.single() || error <= tolerance::golden_weight) << error;
  }
}

TEST_P(NeuronTraining, ModelsSideBySideAreEachAsIfAlone) {
  const auto order = program(5);
  const std::size_t n = model.layout.size();
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = model.make(row);
    auto both = start();
    const auto result = backend->train(both, {order, neuron_rates}, never_stop);
    for (std::size_t m = 0; m < 2; ++m) {
      TrainingState alone{1, 0, model.parameters(111 + m), std::vector<double>(n),
                          std::vector<double>(n)};
      const auto own =
          backend->train(alone, {order, std::span(neuron_rates).subspan(m, 1)}, never_stop);
      EXPECT_EQ(own.sums[0].total, result.sums[m].total);
      EXPECT_EQ(testing::bits_of(alone.parameters),
                testing::bits_of(std::span(both.parameters).subspan(m * n, n)));
    }
  }
}

TEST_P(NeuronTraining, InPiecesIsAsInOneCall) {
  const auto order = program(7);
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    auto one = start(), pieces = start();
    static_cast<void>(model.make(row)->train(one, {order, neuron_rates}, never_stop));
    std::size_t done = 0;
    for (const std::size_t count : {1U, 0U, 4U, 2U}) {
      static_cast<void>(model.make(row)->train(
          pieces, {std::span(order).subspan(done, count), neuron_rates}, never_stop));
      done += count;
    }
    expect_same_state(pieces, one);
  }
}

TEST_P(NeuronTraining, HeldTensorsStayAndOthersAreAsWithoutThem) {
  const std::vector<std::uint32_t> order{0};
  const auto bit = [](NeuronTensor t) { return 1U << static_cast<unsigned>(t); };
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = model.make(row);
    auto before = start();
    static_cast<void>(backend->train(before, {order, neuron_rates}, never_stop));
    auto free = before, held = before;
    const std::uint32_t mask = bit(NeuronTensor::C) | bit(NeuronTensor::prior_P) |
                               bit(NeuronTensor::unit_alpha) | bit(NeuronTensor::gain_c) |
                               bit(NeuronTensor::gain_lnq);
    static_cast<void>(backend->train(free, {order, neuron_rates}, never_stop));
    static_cast<void>(backend->train(held, {order, neuron_rates, mask}, never_stop));
    const std::size_t n = model.layout.size();
    for (std::size_t t = 0; t < neuron_tensor_count; ++t)
      for (std::size_t m = 0; m < 2; ++m) {
        const auto& slot = model.layout.slots()[t];
        const TrainingState& wanted = is_held(mask, static_cast<NeuronTensor>(t)) ? before : free;
        for (const auto part : {&TrainingState::parameters, &TrainingState::first_moment,
                                &TrainingState::second_moment}) {
          const auto of = [&](const TrainingState& state) {
            return testing::bits_of(std::span(state.*part).subspan(m * n + slot.offset, slot.size));
          };
          EXPECT_EQ(of(held), of(wanted)) << slot.name;
          if (slot.size > 0) {
            EXPECT_NE(of(before), of(free)) << slot.name;
          }
        }
      }
  }
}

TEST_P(NeuronTraining, ConstrainedWeightsStayAboveZero) {
  const auto order = program(60);
  const std::vector<double> fast{0.1, 0.1};
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    auto state = start();
    ASSERT_TRUE(model.make(row)->train(state, {order, fast}, never_stop).finite);
    int at_zero = 0, below = 0;
    for (const auto& slot : model.layout.slots())
      for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
        if (slot.non_negative) {
          EXPECT_TRUE(state.parameters[i] >= 0) << slot.name;
          at_zero += state.parameters[i] == 0;
        } else {
          below += state.parameters[i] < 0;
        }
      }
    EXPECT_GT(at_zero, 0) << "nothing was clamped";
    EXPECT_GT(below, 0) << "free weights were clamped too";
  }
}

TEST_P(NeuronTraining, StoppedItLeavesTheState) {
  const auto order = program(1 << 20);
  for (const auto& row : testing::all_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    for (const int wait : {0, 20}) {
      auto state = start();
      std::atomic<bool> stop{wait == 0};
      const std::jthread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(wait));
        stop = true;
      });
      const auto result = model.make(row)->train(state, {order, neuron_rates}, stop);
      EXPECT_LT(result.steps, wait == 0 ? 1U : order.size());
      expect_same_state(state, start());
    }
  }
}

/// The second model is the bad one.
TEST_P(NeuronTraining, WhatIsNotFiniteEndsTheProgramAndLeavesTheState) {
  const std::size_t n = model.layout.size();
  const auto order = program(6);
  for (const auto& row : testing::all_neuron_rows(2)) {
    const auto backend = model.make(row);
    for (const auto& slot : model.layout.slots()) {
      if (slot.size == 0) continue;
      SCOPED_TRACE(row.name + " " + std::string(slot.name));
      auto state = start();
      state.parameters[n + slot.offset] = std::numeric_limits<double>::quiet_NaN();
      const auto before = state;
      const auto result = backend->train(state, {order, neuron_rates}, never_stop);
      EXPECT_FALSE(result.finite);
      EXPECT_EQ(result.steps, 0U);
      expect_same_state(state, before);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Heads, NeuronTraining,
                         ::testing::Values(HeadKind::trunk, HeadKind::regions),
                         [](const auto& which) { return std::string(to_string(which.param)); });

}  // namespace
}  // namespace nnpoisson
