#include "wimmer/decision.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "nnpoisson/random.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/trial.hpp"

namespace nnpoisson::wimmer {

std::vector<std::int32_t> draw_subset(std::uint64_t seed, std::uint64_t index, std::uint32_t sub,
                                      std::int32_t n, std::int32_t count) {
  RandomStream random(seed, Purpose::wimmer_sample, index, sub);
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k)
    std::swap(numbers[k], numbers[k + random.below(numbers.size() - k)]);
  numbers.resize(static_cast<std::size_t>(count));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Readers all_readers() {
  Readers all;
  for (std::uint16_t k = 0; k < selective; ++k) {
    all.first.push_back(k);
    all.second.push_back(static_cast<std::uint16_t>(selective + k));
  }
  return all;
}

Readers third_of_readers(std::uint64_t seed, std::size_t trial) {
  Readers third;
  for (const auto k : draw_subset(seed, trial, 0, selective, selective / 3))
    third.first.push_back(static_cast<std::uint16_t>(k));
  for (const auto k : draw_subset(seed, trial, 1, selective, selective / 3))
    third.second.push_back(static_cast<std::uint16_t>(selective + k));
  return third;
}

Decision decide(std::span<const std::uint32_t> integration_spikes, const Conditions& conditions,
                const Readers& readers) {
  constexpr int window_ms = 50, window = window_ms * steps_per_ms;
  constexpr double rate_threshold = 40;  // Hz
  std::array<std::int8_t, neurons> reader_of{};
  for (const auto neuron : readers.first) reader_of[neuron] = 1;
  for (const auto neuron : readers.second) reader_of[neuron] = 2;
  const auto steps = static_cast<std::size_t>(steps_in(conditions.duration));
  // before[p][n]: spikes of population p in steps before n. A window that ends with the run has no
  // last step.
  std::array<std::vector<int>, 2> before{std::vector<int>(steps + 2, 0),
                                         std::vector<int>(steps + 2, 0)};
  for (const auto spike : integration_spikes)
    if (const int reader = reader_of[static_cast<std::size_t>(neuron_of(spike))]; reader > 0)
      ++before[static_cast<std::size_t>(reader - 1)][static_cast<std::size_t>(step_of(spike)) + 1];
  for (auto& counts : before) std::partial_sum(counts.begin(), counts.end(), counts.begin());
  const double least_first =
      rate_threshold * window_ms / 1000 * static_cast<double>(readers.first.size());
  const double least_second =
      rate_threshold * window_ms / 1000 * static_cast<double>(readers.second.size());

  const auto onset = static_cast<std::size_t>(steps_in(conditions.stimulus_from));
  for (std::size_t begin = onset; begin + window <= steps; begin += steps_per_ms) {
    const auto spikes = [&](std::size_t p) {
      return before[p][begin + window + 1] - before[p][begin];
    };
    const bool left = spikes(1) > least_second;
    if (!left && !(spikes(0) > least_first)) continue;
    const double time = static_cast<double>(begin - onset + window) / (1000 * steps_per_ms);
    return {static_cast<std::int8_t>(left ? 1 : -1), time};
  }
  return {0, std::numeric_limits<double>::quiet_NaN()};
}

}  // namespace nnpoisson::wimmer
