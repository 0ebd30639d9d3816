#pragma once

#include <array>
#include <cstdint>

/// The network of Wimmer et al. (2015), "Sensory integration dynamics in a hierarchical network
/// explains choice probabilities in cortical area MT", in numbers: times in ms, potentials in mV,
/// conductances in units of the target's leak conductance. docs/synthetic.md draws it.
namespace nnpoisson::wimmer {

inline constexpr double step_ms = 0.1;
inline constexpr int steps_per_ms = 10;

/// Both circuits alike: excitatory neurons first, then inhibitory ones.
inline constexpr int excitatory = 1600;
inline constexpr int neurons = 2000;
/// Arrays over a circuit's neurons have this length; the excess takes the padding of synapse lists
/// and of draws.
inline constexpr int padded_neurons = 2048;
/// Bits of a neuron's number where it shares one number with a step.
inline constexpr std::uint32_t neuron_bits = 11;
/// Neurons whose draws and sums are kept together; every population is whole rows.
inline constexpr int row = 16;

inline constexpr int sensory_half = 800;  ///< SE1: 0 to 799, SE2: 800 to 1599
/// DE1: 0 to 239, DE2: 240 to 479; DN, which is not selective: 480 to 1599.
inline constexpr int selective = 240;
inline constexpr int sensory_inputs = 1000;  ///< SX, outside neurons that drive the sensory circuit

struct Membrane {
  double time_constant, reset, inhibitory_reversal;
  int refractory_steps;  ///< for so many steps after a spike the potential is held at reset
};
inline constexpr double leak_potential = -70, firing_threshold = -50;
inline constexpr double sensory_leak_nS = 16.7;
inline constexpr Membrane sensory_e{250 / sensory_leak_nS, -60, -80, 20},
    sensory_i{250 / sensory_leak_nS, -60, -80, 10};
inline constexpr Membrane integration_e{20, -55, -70, 20}, integration_i{10, -55, -70, 10};

// Sensory synapses: x decays in 1 ms, g follows it in 5 ms; not normalised, a spike's area under g
// is 1 ms times its weight.
inline constexpr double sensory_rise = 1, sensory_decay = 5;
inline constexpr double connection_probability = 0.2, input_probability = 0.32;
inline constexpr double same_preference = 1.3, other_preference = 0.7;
inline constexpr double weight_se_se = 0.7589 / sensory_leak_nS,
                        weight_se_si = 1.5179 / sensory_leak_nS,
                        weight_si = 12.6491 / sensory_leak_nS, weight_sx = 1.7076 / sensory_leak_nS;
inline constexpr double weight_spread = 0.5;  ///< a weight is its mean times max(0, 1 + spread z)
/// Delays are whole steps, each equally likely.
struct Delays {
  int first, count;
};
inline constexpr Delays excitatory_delays{5, 10}, inhibitory_delays{1, 8}, between_delays{10, 1};

// Integration synapses: all to all, one delay.
inline constexpr double ampa_decay = 2, gaba_decay = 5, nmda_decay = 100, nmda_rise = 2,
                        nmda_gain = 0.5;
inline constexpr int integration_delay = 5;
inline constexpr double selective_gain = 1.6;
inline constexpr double selective_loss = 1 - 0.15 * (selective_gain - 1) / (1 - 0.15);
inline constexpr double ampa_onto_e = 0.05 / 25, ampa_onto_i = 0.04 / 20, nmda_onto_e = 0.165 / 25,
                        nmda_onto_i = 0.13 / 20, gaba_onto_e = 1.3 / 25, gaba_onto_i = 1.0 / 20,
                        external_onto_e = 2.1 / 25, external_onto_i = 1.62 / 20;

// Between the circuits, each selective half to its own: probability connection_probability,
// constant weights.
inline constexpr double weight_up = 0.0036, weight_down = 0.004;  ///< the second for feedback 1

// Stimulus: the current into a sensory excitatory neuron, as the depolarisation I / leak that it
// would cause.
inline constexpr double stimulus_mv = 80 / sensory_leak_nS;  ///< 0.08 nA
/// Coherence c shifts the mean by +c/4 and -c/4.
inline constexpr double stimulus_selectivity = 0.25;
inline constexpr double stimulus_correlation_ms = 20;

// Private trains of the integration neurons: what DE1 and DE2 get less, for what comes up from the
// sensory circuit, Hz.
inline constexpr double selective_rate_offset = 8;

enum class Circuit : std::uint8_t { sensory, integration };

/// Neurons [first, end) of a circuit.
struct Population {
  const char* name;
  Circuit circuit;
  int first, end;
  [[nodiscard]] constexpr int size() const { return end - first; }
  [[nodiscard]] constexpr bool contains(int neuron) const {
    return neuron >= first && neuron < end;
  }
};
inline constexpr Population se1{"SE1", Circuit::sensory, 0, sensory_half};
inline constexpr Population se2{"SE2", Circuit::sensory, sensory_half, excitatory};
inline constexpr Population si{"SI", Circuit::sensory, excitatory, neurons};
inline constexpr Population de1{"DE1", Circuit::integration, 0, selective};
inline constexpr Population de2{"DE2", Circuit::integration, selective, 2 * selective};
inline constexpr Population dn{"DN", Circuit::integration, 2 * selective, excitatory};
inline constexpr Population di{"DI", Circuit::integration, excitatory, neurons};
inline constexpr std::array populations{se1, se2, si, de1, de2, dn, di};

}  // namespace nnpoisson::wimmer
