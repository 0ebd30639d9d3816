#include "wimmer/trial.hpp"

#include <fmt/format.h>

#include <cmath>

#include "nnpoisson/error.hpp"
#include "wimmer/inputs.hpp"

namespace nnpoisson::wimmer {
namespace {

template <class T>
std::optional<TrialSpikes> simulate_trial(const Conditions& conditions, const Network<T>& network,
                                          const Kernels<T>& kernels, std::size_t trial,
                                          const std::atomic<bool>& stop) {
  TrialInput<T> input(conditions, coherence_of(conditions, trial), trial, kernels);
  Circuits<T> circuits(network, kernels, start_of(conditions, trial));
  TrialSpikes spikes;
  const auto keep = [](std::vector<std::uint32_t>& into, std::span<const std::uint16_t> fired,
                       int step) {
    for (const std::uint32_t neuron : fired)
      into.push_back(static_cast<std::uint32_t>(step) << neuron_bits | neuron);
  };
  const int steps = steps_in(conditions.duration);
  for (int n = 0; n < steps; ++n) {
    if (n % 1024 == 0 && stop) return std::nullopt;
    circuits.step(input.next(n));
    keep(spikes.sensory, circuits.sensory_spikes(n), n);
    keep(spikes.integration, circuits.integration_spikes(n), n);
  }
  return spikes;
}

void require(bool met, const std::string& message) {
  if (!met) throw UsageError(message);
}

bool whole_ms(double seconds) {
  return std::abs(seconds * 1000 - std::round(seconds * 1000)) < 1e-6;
}

}  // namespace

void check(const Conditions& c) {
  constexpr double longest = 200;  // s; a spike's step and neuron are one number of 32 bits
  require(c.duration >= 0.001 && c.duration <= longest && whole_ms(c.duration),
          "--duration: must be whole ms, from 0.001 to 200 s");
  require(
      c.stimulus_from >= 0 && c.stimulus_from < c.stimulus_until && c.stimulus_until <= c.duration,
      "--stimulus-window: must begin before it ends and lie within the run, 0 to " +
          fmt::format("{} s", c.duration));
  require(whole_ms(c.stimulus_from) && whole_ms(c.stimulus_until),
          "--stimulus-window: must begin and end at whole ms");
  require(c.feedback >= 0 && c.feedback <= 1000, "--feedback: must be a number from 0 to 1000");
  require(c.stimulus_sd >= 0 && c.stimulus_sd <= 100,
          "--stimulus-sd: must be a number from 0 to 100");
  constexpr double most = 1000 / step_ms;  // a train has at most one spike a step
  require(c.sensory_rate >= 0 && c.sensory_rate < most,
          "--sensory-rate: must be a number from 0 to below 10000 Hz");
  require(c.external_rate >= 0 && c.external_rate <= most,
          "--external-rate: must be a number from 0 to 10000 Hz");
  require(!c.coherences.empty(), "--coherence: at least one is needed");
  for (std::size_t k = 0; k < c.coherences.size(); ++k) {
    require(c.coherences[k] >= -1 && c.coherences[k] <= 1,
            "--coherence: each must be a number from -1 to 1");
    for (std::size_t j = 0; j < k; ++j)
      require(c.coherences[j] != c.coherences[k], "--coherence: each must be given once");
  }
}

int steps_in(double seconds) {
  return static_cast<int>(std::lround(seconds * 1000)) * steps_per_ms;
}

double coherence_of(const Conditions& conditions, std::size_t trial) {
  return conditions.coherences[trial % conditions.coherences.size()];
}

/// The network that all trials share, of one of the two types.
struct TrialSimulator::Networks {
  std::optional<Network<float>> single;
  std::optional<Network<double>> twice;
};

TrialSimulator::TrialSimulator(const Conditions& conditions, const std::string& instruction_set)
    : conditions_(conditions), instruction_set_(instruction_set) {
  check(conditions);
  kernels<float>(instruction_set);  // throws if there are none
  auto networks = std::make_unique<Networks>();
  if (!conditions.network_per_trial) {
    if (conditions.precision == Precision::single_precision)
      networks->single = draw_network<float>(conditions.seed, 0, conditions.feedback);
    else
      networks->twice = draw_network<double>(conditions.seed, 0, conditions.feedback);
  }
  networks_ = std::move(networks);
}
TrialSimulator::~TrialSimulator() = default;

std::optional<TrialSpikes> TrialSimulator::operator()(std::size_t trial,
                                                      const std::atomic<bool>& stop) const {
  const auto run = [&](const auto& shared) {
    using T =
        std::conditional_t<std::is_same_v<decltype(shared), const std::optional<Network<float>>&>,
                           float, double>;
    if (shared)
      return simulate_trial<T>(conditions_, *shared, kernels<T>(instruction_set_), trial, stop);
    const auto own = draw_network<T>(conditions_.seed, 1 + trial, conditions_.feedback);
    return simulate_trial<T>(conditions_, own, kernels<T>(instruction_set_), trial, stop);
  };
  return conditions_.precision == Precision::single_precision ? run(networks_->single)
                                                              : run(networks_->twice);
}

}  // namespace nnpoisson::wimmer
