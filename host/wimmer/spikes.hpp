#pragma once

#include <cstdint>
#include <vector>

#include "nnpoisson/wimmer.hpp"
#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

/// A spike as TrialSpikes has it, and what it is made of.
[[nodiscard]] inline std::uint32_t spike_number(int step, int neuron) {
  return static_cast<std::uint32_t>(step) << neuron_bits | static_cast<std::uint32_t>(neuron);
}
[[nodiscard]] inline int step_of(std::uint32_t spike) {
  return static_cast<int>(spike >> neuron_bits);
}
[[nodiscard]] inline int neuron_of(std::uint32_t spike) {
  return static_cast<int>(spike & ((1U << neuron_bits) - 1));
}

/// The spikes of the circuit that a population is in.
[[nodiscard]] inline const std::vector<std::uint32_t>& spikes_around(const Population& population,
                                                                     const TrialSpikes& spikes) {
  return population.circuit == Circuit::sensory ? spikes.sensory : spikes.integration;
}

}  // namespace nnpoisson::wimmer
