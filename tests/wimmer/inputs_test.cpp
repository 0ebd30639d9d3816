#include "wimmer/inputs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/random.hpp"
#include "wimmer/noise_key.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {
namespace {

class NoiseKernels : public ::testing::TestWithParam<std::string> {};

TEST_P(NoiseKernels, BernoulliDrawsAreBitsOfPhilox) {
  const auto key = noise_key(5, Purpose::wimmer_external, 77, 1234);
  constexpr int groups = 3;
  alignas(64) std::array<float, 64 * groups> drawn;
  std::array<std::int32_t, 4 * groups> threshold;
  for (std::size_t r = 0; r < threshold.size(); ++r)
    threshold[r] = static_cast<std::int32_t>(5000 * r);
  kernels<float>(GetParam()).bernoulli({key, groups, threshold.data(), drawn.data()});
  for (std::uint32_t i = 0; i < drawn.size(); ++i) {
    const std::uint32_t group = i / 64, r = i / 16 % 4, lane = i % 16;
    const auto block =
        philox4x32({8 * group + lane / 2, 1234, 77, 0}, philox_key(5, Purpose::wimmer_external));
    const std::uint32_t word = block[r / 2 * 2 + lane % 2],
                        half = r % 2 == 0 ? word & 0xFFFF : word >> 16;
    EXPECT_EQ(drawn[i], static_cast<std::int32_t>(half) < threshold[4 * group + r] ? 1.0F : 0.0F)
        << i;
  }
}

TEST_P(NoiseKernels, NormalDraws) {
  constexpr std::size_t calls = 200, each = 1600;
  std::vector<double> all;
  for (std::uint32_t call = 0; call < calls; ++call) {
    alignas(64) std::array<float, each> drawn;
    kernels<float>(GetParam())
        .normal({noise_key(1, Purpose::wimmer_stimulus, 3, call), each / 32, drawn.data()});
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  const auto n = static_cast<double>(all.size());
  std::array<double, 5> moment{};
  double neighbours = 0, pairs = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 1; k < moment.size(); ++k)
      moment[k] += std::pow(all[i], static_cast<double>(k)) / n;
    if (i + 1 < all.size()) neighbours += all[i] * all[i + 1] / n;
    if (i + 16 < all.size())
      pairs += all[i] * all[i] * all[i + 16] * all[i + 16] / n;  // sine and cosine of one draw
  }
  EXPECT_NEAR(moment[1], 0, 4 / std::sqrt(n));
  EXPECT_NEAR(moment[2], 1, 4 * std::sqrt(2 / n));
  EXPECT_NEAR(moment[3], 0, 4 * std::sqrt(15 / n));
  EXPECT_NEAR(moment[4], 3, 4 * std::sqrt(96 / n));
  EXPECT_NEAR(neighbours, 0, 4 / std::sqrt(n));
  EXPECT_NEAR(pairs, 1, 4 * std::sqrt(8 / n));
  // Kolmogorov and Smirnov, 99.9 %.
  std::sort(all.begin(), all.end());
  double distance = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    distance = std::max(distance, std::abs(std::erfc(-all[i] / std::sqrt(2)) / 2 -
                                           (static_cast<double>(i) + 0.5) / n));
  EXPECT_LE(distance, 1.95 / std::sqrt(n));
}

TEST_P(NoiseKernels, SameBitsAsTheOthers) {
  std::array<float, 320> a, b;
  alignas(64) std::array<float, 320> drawn;
  for (auto [into, set] : {std::pair(&a, GetParam()), std::pair(&b, instruction_sets().back())}) {
    kernels<float>(set).normal({noise_key(9, Purpose::wimmer_stimulus, 1, 2), 10, drawn.data()});
    *into = drawn;
  }
  EXPECT_EQ(a, b);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, NoiseKernels, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& test) { return test.param; });

TEST(StatisticsOfInputs, TrainsAreBernoulli) {
  TrialInput<float> input({}, 0, 4, kernels<float>(""));
  constexpr int steps = 20000;
  double selected = 0, others = 0, both = 0, again = 0, shared = 0;
  std::vector<double> of_input(sensory_inputs, 0), before(neurons, 0);
  double inputs = 0, input_squares = 0;
  for (int n = 0; n < steps; ++n) {
    const auto in = input.next(n);
    for (std::size_t i = 0; i < neurons; ++i) {
      const double spike = static_cast<double>(in.external[i]);
      ASSERT_TRUE(spike == 0 || spike == 1);
      (i < 2 * selective ? selected : others) += spike;
      if (i > 0) both += spike * static_cast<double>(in.external[i - 1]);
      again += spike * before[i];
      shared += i >= 16 ? spike * static_cast<double>(in.external[i - 16]) : 0;
      before[i] = spike;
    }
    for (const auto neuron : in.sensory_input) ++of_input.at(neuron);
    inputs += static_cast<double>(in.sensory_input.size());
    input_squares += static_cast<double>(in.sensory_input.size() * in.sensory_input.size());
  }
  const auto expect_rate = [](double spikes, double draws, double p) {
    EXPECT_NEAR(spikes / draws, p, 4 * std::sqrt(p * (1 - p) / draws));
  };
  expect_rate(selected, 2.0 * selective * steps, 0.2392);
  expect_rate(others, (neurons - 2.0 * selective) * steps, 0.24);
  for (const double coincident : {both / (neurons - 1), again / neurons, shared / (neurons - 16)})
    EXPECT_NEAR(coincident / steps, 0.0575,
                1e-4);  // 0.24^2, a little less for the selective neurons
  expect_rate(inputs, 1.0 * sensory_inputs * steps, 0.00125);
  // Binomial counts in a step, and all neurons alike.
  const double mean = inputs / steps;
  EXPECT_NEAR((input_squares / steps - mean * mean) / (mean * (1 - 0.00125)), 1,
              4 * std::sqrt(2.8 / steps));
  double chi = 0;
  for (const double count : of_input)
    chi += (count - steps * 0.00125) * (count - steps * 0.00125) / (steps * 0.00125);
  EXPECT_NEAR(chi, sensory_inputs, 4 * std::sqrt(2.0 * sensory_inputs));
}

TEST(StatisticsOfInputs, StimulusIsOrnsteinUhlenbeck) {
  constexpr double coherence = 0.8;
  Conditions conditions;
  conditions.duration = conditions.stimulus_until = 12.5;
  TrialInput<double> input(conditions, coherence, 1, kernels<double>(""));
  constexpr int samples = 12000;
  // Relative to its mean, in units of its own deviation: common + private, for a neuron of each
  // half.
  std::vector<std::vector<double>> private_part(4, std::vector<double>(samples));
  std::array<std::vector<double>, 2> common{std::vector<double>(samples),
                                            std::vector<double>(samples)};
  EXPECT_EQ(input.next(0).current, nullptr);
  for (int n = 5000; n < 125000; ++n) {
    const auto in = input.next(n);
    ASSERT_NE(in.current, nullptr);
    if (n % 10 != 0) continue;
    const auto k = static_cast<std::size_t>((n - 5000) / 10);
    for (std::size_t half = 0; half < 2; ++half) {
      const double* first = in.current + half * sensory_half;
      // All private parts together cancel, nearly.
      const double mean =
          std::accumulate(first, first + sensory_half, 0.0) / sensory_half / stimulus_mv;
      common[half][k] = (mean - (1 + (half == 0 ? 0.2 : -0.2))) / 0.212;
      for (std::size_t j = 0; j < 2; ++j)
        private_part[2 * half + j][k] = (first[10 + j] / stimulus_mv - mean) / 0.212;
    }
  }
  EXPECT_EQ(input.next(125000).current, nullptr);
  const auto moment = [](const std::vector<double>& a, const std::vector<double>& b,
                         std::size_t lag) {
    double sum = 0;
    for (std::size_t k = 0; k + lag < a.size(); ++k) sum += a[k] * b[k + lag];
    return sum / static_cast<double>(a.size() - lag);
  };
  const std::vector<double> ones(samples, 1.0);
  // 12 s hold 300 correlation times of a product, 600 of two: errors of 4 %, here times 4.
  std::vector<const std::vector<double>*> all{&common[0], &common[1]};
  for (const auto& path : private_part) all.push_back(&path);
  for (std::size_t a = 0; a < all.size(); ++a) {
    EXPECT_NEAR(moment(*all[a], ones, 0), 0, 0.25);
    for (const std::size_t lag : {0, 1, 10, 20, 40})
      EXPECT_NEAR(moment(*all[a], *all[a], lag), std::exp(-static_cast<double>(lag) / 20), 0.25);
    EXPECT_NEAR(moment(*all[a], *all[a], 1) / moment(*all[a], *all[a], 0), 0.951229, 0.012);
    for (std::size_t b = 0; b < a; ++b) EXPECT_NEAR(moment(*all[a], *all[b], 0), 0, 0.2);
  }
}

/// Over many trials: common paths start at 0, private ones in the stationary state but for the
/// first of each half.
TEST(StatisticsOfInputs, StimulusStarts) {
  double common = 0, first = 0, second = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    TrialInput<float> input({}, 0, static_cast<std::uint64_t>(trial), kernels<float>(""));
    const float* current = input.next(5000).current;
    const auto relative = [&](int i) {
      return (static_cast<double>(current[i]) / stimulus_mv - 1) / 0.212;
    };
    double mean = 0;
    for (int i = 0; i < sensory_half; ++i) mean += relative(i) / sensory_half;
    common += mean * mean / trials;
    first += std::pow(relative(0) - mean, 2) / trials;
    second += std::pow(relative(1) - mean, 2) / trials;
  }
  const double error = 4 * std::sqrt(2.0 / trials), start = 1 - std::exp(-0.1);  // 0.309^2
  EXPECT_NEAR(common / start, 1, error + 0.02);
  EXPECT_NEAR(first / start, 1, error);
  EXPECT_NEAR(second, 1, error);
}

TEST(TrialInputs, StartAsThePublishedScript) {
  const auto start = start_of({}, 0);
  const auto expect_within = [](const auto& values, double low, double high) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*least, low);
    EXPECT_LT(*most, high);
    EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0) / neurons, (low + high) / 2,
                (high - low) * 0.03);
  };
  expect_within(start.sensory_v, -52, -50);
  expect_within(start.sensory_ge, 0.05, 0.06);
  expect_within(start.integration_v, 0, 2);
}

/// All spikes of the first steps, on a network that all sets share.
template <class T>
void expect_same_spikes() {
  const auto network = draw_network<T>(1, 0, 3);
  Conditions conditions;
  conditions.stimulus_from = 0.01;
  std::vector<std::vector<std::uint32_t>> spikes;
  for (const auto& set : instruction_sets()) {
    TrialInput<T> input(conditions, 0.5, 2, kernels<T>(set));
    Circuits<T> circuits(network, kernels<T>(set), start_of(conditions, 0));
    auto& of_set = spikes.emplace_back();
    for (int n = 0; n < 600; ++n) {
      circuits.step(input.next(n));
      for (const auto neuron : circuits.sensory_spikes(n))
        of_set.push_back(static_cast<std::uint32_t>(n) << 16 | neuron);
      for (const auto neuron : circuits.integration_spikes(n))
        of_set.push_back(static_cast<std::uint32_t>(n) << 16 | 0x8000 | neuron);
    }
    EXPECT_GT(of_set.size(), 2000U);
    EXPECT_EQ(of_set, spikes.front()) << set;
  }
}

TEST(TrialInputs, SpikesAreTheSameOnAllInstructionSets) {
  expect_same_spikes<float>();
  expect_same_spikes<double>();
}

}  // namespace
}  // namespace nnpoisson::wimmer
