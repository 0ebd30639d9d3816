#include "fit/neuron_schedule.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "fit/start_gains.hpp"

namespace nnpoisson {
namespace {

/// The iteration before which the gains start. Any from 15 % to 50 % of them gives the same fits
/// (docs/neurons.md).
int gains_begin(int iterations) {
  return 3 * iterations / 10;
}

constexpr std::uint32_t bit(NeuronTensor t) {
  return std::uint32_t{1} << static_cast<unsigned>(t);
}

}  // namespace

FitSchedule neuron_schedule(std::shared_ptr<const NeuronProblem> problem,
                            std::shared_ptr<const NeuronPlan> training) {
  FitSchedule schedule;
  schedule.rate = [](int iteration, int iterations) {
    return 0.5 * (1 + std::cos(std::numbers::pi * iteration / iterations));
  };
  schedule.held = [](int iteration, int iterations) {
    const auto gains = bit(NeuronTensor::gain_c) | bit(NeuronTensor::gain_lnq);
    return iteration < gains_begin(iterations) ? gains : std::uint32_t{0};
  };
  schedule.begin = [problem = std::move(problem), training = std::move(training)](
                       int iteration, int iterations, const std::vector<double>& parameters) {
    std::optional<std::vector<double>> begun;
    if (iteration != gains_begin(iterations)) return begun;
    begun = parameters;
    start_gains(*problem, *training, *begun);
    start_heads(problem->shape, *begun);
    return begun;
  };
  return schedule;
}

}  // namespace nnpoisson
