#include "wimmer/trial.hpp"

#include "wimmer/conditions.hpp"
#include "wimmer/inputs.hpp"
#include "wimmer/spikes.hpp"

namespace nnpoisson::wimmer {
namespace {

constexpr int steps_between_looks = 1024;  // at whether the call is to end

void add_spikes(std::vector<std::uint32_t>& spikes, int step,
                std::span<const std::uint16_t> neurons_that_fired) {
  for (const int neuron : neurons_that_fired) spikes.push_back(spike_number(step, neuron));
}

template <class T>
std::optional<TrialSpikes> simulate_trial(const Conditions& conditions, const Network<T>& network,
                                          const Kernels<T>& kernels, std::size_t trial,
                                          const Watch& watch) {
  TrialInput<T> input(conditions, coherence_of(conditions, trial), trial, kernels);
  Circuits<T> circuits(network, kernels, start_of(conditions, trial));
  TrialSpikes spikes;
  const int steps = steps_in(conditions.duration);
  for (int step = 0; step < steps; ++step) {
    if (step % steps_between_looks == 0 && watch.stopped()) return std::nullopt;
    circuits.step(input.next(step));
    add_spikes(spikes.sensory, step, circuits.sensory_spikes(step));
    add_spikes(spikes.integration, step, circuits.integration_spikes(step));
  }
  return spikes;
}

}  // namespace

/// Trials in float or in double.
class TrialSimulator::AnyPrecision {
 public:
  virtual ~AnyPrecision() = default;
  [[nodiscard]] virtual std::optional<TrialSpikes> simulate(std::size_t trial,
                                                            const Watch& watch) const = 0;
};

template <class T>
class TrialSimulator::InPrecision final : public AnyPrecision {
 public:
  InPrecision(const Conditions& conditions, const std::string& instruction_set)
      : conditions_(conditions), kernels_(kernels<T>(instruction_set)) {
    if (!conditions.network_per_trial)
      shared_ = draw_network<T>(conditions.seed, 0, conditions.feedback);
  }

  [[nodiscard]] std::optional<TrialSpikes> simulate(std::size_t trial,
                                                    const Watch& watch) const override {
    if (shared_) return simulate_trial(conditions_, *shared_, kernels_, trial, watch);
    const auto network = draw_network<T>(conditions_.seed, 1 + trial, conditions_.feedback);
    return simulate_trial(conditions_, network, kernels_, trial, watch);
  }

 private:
  Conditions conditions_;
  const Kernels<T>& kernels_;
  std::optional<Network<T>> shared_;  ///< by all trials, where they share one
};

TrialSimulator::TrialSimulator(const Conditions& conditions, const std::string& instruction_set) {
  check(conditions);
  if (conditions.precision == Precision::single_precision)
    trials_ = std::make_unique<InPrecision<float>>(conditions, instruction_set);
  else
    trials_ = std::make_unique<InPrecision<double>>(conditions, instruction_set);
}
TrialSimulator::~TrialSimulator() = default;

std::optional<TrialSpikes> TrialSimulator::operator()(std::size_t trial, const Watch& watch) const {
  return trials_->simulate(trial, watch);
}

}  // namespace nnpoisson::wimmer
