#include "synthetic/decision.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "nnpoisson/random.hpp"
#include "wimmer/conditions.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/spikes.hpp"

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
  for (int neuron = de1.first; neuron < de1.end; ++neuron)
    all.de1.push_back(static_cast<std::uint16_t>(neuron));
  for (int neuron = de2.first; neuron < de2.end; ++neuron)
    all.de2.push_back(static_cast<std::uint16_t>(neuron));
  return all;
}

Readers third_of_readers(std::uint64_t seed, std::size_t trial) {
  const auto third_of = [&](const Population& population, std::uint32_t draw) {
    std::vector<std::uint16_t> third;
    for (const auto k : draw_subset(seed, trial, draw, population.size(), population.size() / 3))
      third.push_back(static_cast<std::uint16_t>(population.first + k));
    return third;
  };
  return {third_of(de1, 0), third_of(de2, 1)};
}

namespace {

/// How many spikes some neurons have had by each step.
class SpikesUntil {
 public:
  SpikesUntil(std::span<const std::uint32_t> spikes, const std::vector<std::uint16_t>& readers,
              std::size_t steps)
      : before_(steps + 2, 0) {
    std::array<bool, neurons> is_reader{};
    for (const auto neuron : readers) is_reader[neuron] = true;
    for (const auto spike : spikes)
      if (is_reader[static_cast<std::size_t>(neuron_of(spike))])
        ++before_[static_cast<std::size_t>(step_of(spike)) + 1];
    std::partial_sum(before_.begin(), before_.end(), before_.begin());
  }
  /// In the steps from `first` to `last`, both included. `last` may be the one after the run.
  [[nodiscard]] int between(std::size_t first, std::size_t last) const {
    return before_[last + 1] - before_[first];
  }

 private:
  std::vector<int> before_;  ///< [steps + 2] spikes in earlier steps
};

}  // namespace

Decision decide(std::span<const std::uint32_t> integration_spikes, const Conditions& conditions,
                const Readers& readers) {
  constexpr int window_ms = 50, window = window_ms * steps_per_ms;
  constexpr double rate_threshold = 40;  // Hz
  const auto steps = static_cast<std::size_t>(steps_in(conditions.duration));
  const SpikesUntil right(integration_spikes, readers.de1, steps);
  const SpikesUntil left(integration_spikes, readers.de2, steps);
  const auto threshold = [&](const std::vector<std::uint16_t>& neurons_read) {
    return rate_threshold * window_ms / 1000 * static_cast<double>(neurons_read.size());
  };
  const double right_threshold = threshold(readers.de1), left_threshold = threshold(readers.de2);

  const auto onset = static_cast<std::size_t>(steps_in(conditions.stimulus_from));
  for (std::size_t begin = onset; begin + window <= steps; begin += steps_per_ms) {
    const bool is_left = left.between(begin, begin + window) > left_threshold;
    const bool is_right = right.between(begin, begin + window) > right_threshold;
    if (!is_left && !is_right) continue;
    const double time = seconds_in(static_cast<int>(begin - onset + window));
    return {static_cast<std::int8_t>(is_left ? 1 : -1), time};
  }
  return {0, std::numeric_limits<double>::quiet_NaN()};
}

}  // namespace nnpoisson::wimmer
