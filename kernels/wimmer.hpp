#pragma once

#include <cstddef>
#include <cstdint>

#include "wimmer/formulas.hpp"

/// What the kernel of the spiking network (docs/synthetic.md) reads and writes, in the device's
/// memory. T: float or double.
namespace nnpoisson::kernels {

/// One trial a block; a thread keeps the state of its neurons in registers.
inline constexpr int wimmer_threads = 512;
/// Slots of the rings of arrivals, as in the host's.
inline constexpr int arrival_slots = 16;
inline constexpr std::size_t arrivals_of_ring = std::size_t{arrival_slots} * wimmer::padded_neurons;
/// Onto xi of the sensory, ga of the integration and xe of the sensory circuit; the last, which
/// most spikes go to, may be elsewhere.
inline constexpr int arrival_rings = 3;
/// Draws of the stimulus: one for each neuron of SE, two common ones, and up to a whole group.
inline constexpr int stimulus_normals = (wimmer::excitatory / 32 + 1) * 32;

/// wimmer::SynapseTable's arrays; all null where there are no synapses.
template <class T>
struct SynapseView {
  const std::uint32_t* offset;  ///< [sources + 1]
  const std::uint16_t* place;
  const T* weight;
};
template <class T>
struct NetworkView {
  SynapseView<T> input, excitation, inhibition, up, down;
};

/// One launch: as many trials as blocks.
template <class T>
struct WimmerView {
  int steps;
  int stimulus_first, stimulus_end;  ///< steps
  wimmer::PathStep path_step;
  float gain;          ///< mV for one standard deviation of a path
  double input_scale;  ///< of sensory_input; 0: none fires
  std::uint32_t external_key[2], input_key[2], stimulus_key[2];
  const std::int32_t*
      threshold;  ///< [steps][2] of the external trains: into DE1 and DE2, into others
  const NetworkView<T>* network;  ///< [trials] or one for all
  bool network_per_trial;
  const std::uint64_t* trial;  ///< [trials] their numbers
  const float* mean;           ///< [trials][2] mV, mean current into SE1 and SE2
  const T* start;    ///< [trials][3][padded_neurons]: v and ge of the sensory, v of the integration
                     ///< circuit
  T* arrivals;       ///< [trials][arrival_rings][arrivals_of_ring]
  bool shared_ring;  ///< xe's ring lies in shared memory
  std::uint32_t* spikes;  ///< [trials][2][capacity], as TrialSpikes has them
  std::uint32_t capacity;
  std::uint32_t* count;  ///< [trials][2], also of spikes beyond the capacity, which are not kept
};

/// What a block's threads share.
template <class T>
struct WimmerShared {
  wimmer::SharedConductances conductances;
  double column[3][wimmer::row];
  wimmer::SharedDrive<T> drive[wimmer::shared_populations];
  std::uint32_t sensory_fired[wimmer::padded_neurons / 32];  ///< a bit a neuron, in this step
  /// Of the integration circuit's last steps.
  static constexpr int past = 8;
  static_assert(wimmer::integration_delay + 1 < past);
  std::uint32_t fired[past][wimmer::padded_neurons / 32];
  unsigned fired_count[past][wimmer::shared_populations];
  std::uint32_t external[wimmer::padded_neurons / 2];  ///< words of the external draws
  std::uint16_t input[wimmer::sensory_inputs];         ///< neurons of SX that fire in the next step
  int inputs;
  float normal[stimulus_normals], path[stimulus_normals];  ///< draws of the stimulus, and its paths
  T gate[wimmer::excitatory];
};
/// Of a block: what is above and, where it fits, xe's ring.
template <class T>
constexpr std::size_t wimmer_bytes(bool shared_ring) {
  return sizeof(WimmerShared<T>) + (shared_ring ? arrivals_of_ring * sizeof(T) : 0);
}

}  // namespace nnpoisson::kernels
