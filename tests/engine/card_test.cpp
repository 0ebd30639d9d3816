#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

#include "data/small_dataset.hpp"
#include "engine/rows.hpp"
#include "kernels/cuda/cuda_devices.hpp"
#include "kernels/piece_steps.hpp"
#include "naive_network.hpp"
#include "nnpoisson/error.hpp"
#include "random_dataset.hpp"

/// What drives a GPU (kernels/cuda), on emulated cards: several backends and several cards in one
/// process, cards that refuse, slow cards.
namespace nnpoisson {
namespace {

using testing::bits;

const std::atomic<bool> go_on{false};

/// A network, its plan, and a training program of it.
struct Fit {
  explicit Fit(int width = 11)
      : shape{.features = 3,
              .stimulus_widths = {7, 3},
              .time_width = width,
              .hidden_width = width + 2,
              .behaviour_width = 5,
              .regions = 3},
        plan(std::make_shared<const Plan>(
            make_plan(testing::random_dataset({.seed = 31, .trials = 29, .features = 3}),
                      {.preset = Preset::exact, .parts = 4, .behaviour_weight = 0.5}))) {
    state.parameters = testing::random_parameters(shape, 60);
    state.first_moment.assign(state.parameters.size(), 0.0);
    state.second_moment = state.first_moment;
  }
  [[nodiscard]] std::unique_ptr<Backend> on(int card) const {
    return kernels::make_device_backend(kernels::emulated::open_training_device(card),
                                        Precision::single_precision, shape, plan);
  }
  [[nodiscard]] TrainingState trained(Backend& backend, std::size_t steps = 8) const {
    std::vector<std::uint32_t> order;
    for (std::size_t k = 0; k < steps; ++k)
      order.push_back(static_cast<std::uint32_t>(k % plan->batches.size()));
    const double rate = 1e-3;
    TrainingState after = state;
    EXPECT_EQ(backend.train(after, {order, {&rate, 1}}, go_on).steps, steps);
    return after;
  }
  /// As trained by a backend alone on a card of its own.
  [[nodiscard]] TrainingState expected(std::size_t steps = 8) const {
    return trained(*on(simt::add_card({})), steps);
  }

  NetworkShape shape;
  std::shared_ptr<const Plan> plan;
  TrainingState state;
};

void expect_same(const TrainingState& a, const TrainingState& b) {
  EXPECT_EQ(bits(a.parameters), bits(b.parameters));
  EXPECT_EQ(bits(a.second_moment), bits(b.second_moment));
}

/// As in `train --test`: the test set's backend is made after that of training, needs less, and
/// must not take from it.
TEST(Cards, BackendsOfDifferentSharedMemoryWorkInOneProcess) {
  const int large_card = simt::add_card({.shared_bytes = 200 << 10}),
            small_card = simt::add_card({.shared_bytes = 200 << 10});
  const Fit large(30), small(3);
  static_cast<void>(large.trained(*large.on(large_card)));
  static_cast<void>(small.trained(*small.on(small_card)));
  ASSERT_GT(simt::done_by(large_card).most_shared_bytes, 48U << 10)
      << "no more than every kernel may have anyway";
  ASSERT_LT(simt::done_by(small_card).most_shared_bytes,
            simt::done_by(large_card).most_shared_bytes);

  const auto first = large.on(large_card), second = small.on(large_card);
  const auto expected = large.trained(*large.on(simt::add_card({.shared_bytes = 200 << 10})));
  for (int turn = 0; turn < 2; ++turn) {
    expect_same(large.trained(*first), expected);
    expect_same(small.trained(*second), small.expected());
  }
}

TEST(Cards, AProgramWhoseBlocksDoNotFitTogetherGoesOnPhaseByPhase) {
  const Fit fit;
  const int card = simt::add_card({.resident_blocks = 3, .cooperative_blocks = 1});
  const auto backend = fit.on(card);
  expect_same(fit.trained(*backend), fit.expected());
  expect_same(fit.trained(*backend), fit.expected());
  EXPECT_EQ(simt::done_by(card).cooperative, 0U);
  EXPECT_EQ(simt::done_by(card).graphs, 16U);
}

TEST(Cards, TheOneThatWorksNeedNotBeTheCurrentOne) {
  const Fit fit;
  const int first = simt::add_card({}), second = simt::add_card({}),
            third = simt::add_card({.free_bytes = 1});  // streams its points
  ASSERT_EQ(cudaSetDevice(first), cudaSuccess);
  const auto expected = fit.expected();
  const auto on_second = fit.on(second), on_third = fit.on(third);
  for (int turn = 0; turn < 2; ++turn) {
    expect_same(fit.trained(*on_second), expected);
    expect_same(fit.trained(*on_third), expected);
  }
  int current = -1;
  cudaGetDevice(&current);
  EXPECT_EQ(current, first);
  EXPECT_EQ(simt::done_by(first).launches, 0U);
  EXPECT_GT(simt::done_by(second).launches, 0U);
  EXPECT_GT(simt::done_by(third).launches, 0U);
}

/// A thread that has not used CUDA has the first device as its current one, without having asked
/// for it.
TEST(Cards, OthersAreLeftAlone) {
  const Fit fit;
  const int first = simt::add_card({}), second = simt::add_card({});
  std::thread([&] {
    simt::start_thread_on(first);
    static_cast<void>(fit.trained(*fit.on(second)));
    EXPECT_FALSE(simt::has_context(first));
    EXPECT_TRUE(simt::has_context(second));
  }).join();
}

TEST(Cards, AskingWhatThereIsTakesNothingOfThem) {
  const int card = simt::add_card({.name = "large one", .processors = 7, .free_bytes = 5UL << 30}),
            busy = simt::add_card({.busy = true});
  const auto states = kernels::emulated::device_states();
  const auto& state = states.at(static_cast<std::size_t>(card));
  EXPECT_EQ(state.number, card);
  EXPECT_EQ(state.name, "cuda: large one (device " + std::to_string(card) + ")");
  EXPECT_EQ(state.architecture, "sm_90");
  EXPECT_EQ(state.memory, 5UL << 30);
  EXPECT_EQ(state.multiprocessors, 7);
  EXPECT_GT(state.clock, 0);
  EXPECT_GT(state.memory_clock, 0);
  EXPECT_TRUE(state.usable());
  EXPECT_FALSE(simt::has_context(card));
  EXPECT_TRUE(states.at(static_cast<std::size_t>(busy))
                  .usable());  // it may have become free when it is opened
}

TEST(Cards, SayWhyTheyCannotBeUsed) {
  const auto why = [](const simt::Card& card) {
    const int number = simt::add_card(card);
    return testing::message<ResourceError>(
        [&] { static_cast<void>(kernels::emulated::open_training_device(number)); });
  };
  EXPECT_NE(why({.major = 7}).find("architecture sm_70 is not in this build"), std::string::npos);
  EXPECT_NE(why({.prohibited = true}).find("compute mode is prohibited"), std::string::npos);
  EXPECT_NE(why({.busy = true}).find("another process has it to itself"), std::string::npos);
  EXPECT_NE(testing::message<ResourceError>([] {
              static_cast<void>(kernels::emulated::open_training_device(99999));
            }).find("there is no device 99999"),
            std::string::npos);
  // Machine code of 8.0 runs on 8.9, PTX of 9.0 on whatever is later.
  for (const auto& [major, minor] :
       {std::pair{8, 0}, std::pair{8, 9}, std::pair{9, 0}, std::pair{12, 0}})
    EXPECT_NO_THROW(static_cast<void>(
        kernels::emulated::open_training_device(simt::add_card({.major = major, .minor = minor}))));
  simt::has_ptx = false;
  EXPECT_NE(why({.major = 12}).find("architecture sm_120 is not in this build"), std::string::npos);
  simt::has_ptx = true;
}

TEST(Cards, WithoutMemoryPoolsWork) {
  const Fit fit;
  expect_same(fit.trained(*fit.on(simt::add_card({.pools = false}))), fit.expected());
}

TEST(Cards, ErrorsSayWhereInTheSources) {
  const Fit fit;
  const int card = simt::add_card({});
  const auto backend = fit.on(card);
  simt::change_card(card, {.busy = true});
  const auto text =
      testing::message<ResourceError>([&] { static_cast<void>(fit.trained(*backend)); });
  EXPECT_NE(text.find("busy or unavailable (kernels/cuda/"), std::string::npos) << text;
  simt::change_card(card, {});
}

TEST(Cards, SayWhatMemoryIsMissing) {
  const Fit fit;
  const auto text = testing::message<ResourceError>([&] {
    static_cast<void>(fit.on(simt::add_card({.free_bytes = 64 << 20, .largest = 1000})));
  });
  EXPECT_NE(text.find("wanted 1 MiB, free 64 MiB of 64 MiB; use a larger train.time_resolution"),
            std::string::npos)
      << text;
}

/// The host is heard, and a display drawn, between two pieces.
TEST(Cards, PiecesOfAProgramLastAMoment) {
  const Fit fit;
  constexpr std::size_t steps = 100;
  const auto expected = fit.expected(steps);
  const int slow = simt::add_card({.turn = 2e-7}), fast = simt::add_card({});
  expect_same(fit.trained(*fit.on(slow), steps), expected);
  expect_same(fit.trained(*fit.on(fast), steps), expected);
  const auto of_slow = simt::done_by(slow), of_fast = simt::done_by(fast);
  EXPECT_LT(of_slow.longest, 2 * kernels::piece_seconds);
  EXPECT_GT(of_slow.launches, 2 * of_fast.launches);
  EXPECT_LE(of_fast.launches, 5U);  // 1 step, 8, 64, 27
}

TEST(Cards, PhasesCanBeTimedOneByOne) {
  const Fit fit;
  kernels::PhaseTimes times;
  const auto backend = kernels::make_device_backend(
      kernels::emulated::open_training_device(simt::add_card({})), Precision::single_precision,
      fit.shape, fit.plan, {.times = &times});
  expect_same(fit.trained(*backend), fit.expected());
  EXPECT_EQ(times.steps, 8U);
  for (const double seconds : times.seconds) EXPECT_GT(seconds, 0);
}

TEST(PieceSteps, FollowWhatStepsTake) {
  kernels::PieceSteps piece;
  EXPECT_EQ(piece.steps(1), 1U) << "nothing is known yet";
  const auto after = [&](std::size_t steps, double of_a_step, std::size_t models = 1) {
    piece.took(steps, models, static_cast<double>(steps) * of_a_step);
    return piece.steps(models);
  };
  for (int k = 0; k < 5; ++k) after(piece.steps(1), 1e-5);
  EXPECT_NEAR(static_cast<double>(piece.steps(1)), kernels::piece_seconds / 1e-5, 2);
  EXPECT_NEAR(static_cast<double>(after(1, 1e-5)), kernels::piece_seconds / 1e-5, 2)
      << "a short last piece changes nothing";
  EXPECT_EQ(after(100, 0.03), 2U);
  EXPECT_EQ(after(2, 1.0), 1U) << "one at least";
  EXPECT_LE(after(1, 1e-9), 8U) << "few steps tell little of many";
  for (int k = 0; k < 9; ++k) after(piece.steps(1), 1e-9);
  EXPECT_EQ(piece.steps(64), 1U) << "more models are slower: nothing is known again";
  for (int k = 0; k < 9; ++k) after(piece.steps(64), 1e-9, 64);
  EXPECT_LE(piece.steps(64) * 64, 1U << 18) << "numbers of steps are sent with a piece";
}

}  // namespace
}  // namespace nnpoisson
