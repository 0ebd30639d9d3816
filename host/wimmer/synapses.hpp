#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

struct Synapse {
  std::int32_t source, target;
  std::int32_t delay;  ///< steps
  double weight;
};

/// The synapses from one group of neurons to one variable of a circuit, by source and then by delay: what one spike does in one step
/// is one run of targets and weights. Runs are padded to a multiple of 4 with weights of 0 onto targets behind the last neuron.
template <class T>
class SynapseTable {
 public:
  static constexpr std::size_t unroll = 4;

  /// In any order. No two synapses may share source, target and delay.
  SynapseTable(int sources, Delays delays, const std::vector<Synapse>& synapses);

  [[nodiscard]] Delays delays() const { return delays_; }
  [[nodiscard]] bool empty() const { return target_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return target_.size() * (sizeof(std::uint16_t) + sizeof(T)) + offset_.size() * 4; }

  /// Adds the weights of a source's synapses with this delay to their targets.
  void deliver(int source, int delay, T* __restrict onto) const {
    const std::uint32_t* bounds = run(source, delay);
    const std::uint16_t* target = target_.data();
    const T* weight = weight_.data();
    for (std::uint32_t k = bounds[0]; k < bounds[1]; k += unroll)
      for (std::size_t j = 0; j < unroll; ++j) onto[target[k + j]] += weight[k + j];
  }

  /// Asks for what `deliver` will read: a network is larger than the caches near a core.
  void prefetch(int source, int delay) const {
    const std::uint32_t* bounds = run(source, delay);
    constexpr std::uint32_t line = 64;
    for (std::uint32_t k = bounds[0]; k < bounds[1]; k += line / sizeof(T)) __builtin_prefetch(weight_.data() + k);
    for (std::uint32_t k = bounds[0]; k < bounds[1]; k += line / 2) __builtin_prefetch(target_.data() + k);
  }

 private:
  [[nodiscard]] const std::uint32_t* run(int source, int delay) const {
    return offset_.data() + source * delays_.count + (delay - delays_.first);
  }

  Delays delays_;
  std::vector<std::uint32_t> offset_;  ///< [sources x delays + 1]
  std::vector<std::uint16_t> target_;
  std::vector<T> weight_;
};

/// All sparse synapses of the two circuits.
template <class T>
struct Network {
  SynapseTable<T> input;       ///< SX onto the excitation of SE and SI
  SynapseTable<T> excitation;  ///< SE onto that of SE and SI
  SynapseTable<T> inhibition;  ///< SI onto the inhibition of SE and SI
  SynapseTable<T> up, down;    ///< SE onto DE, DE onto SE; the second is empty without feedback
};

/// Draws network `number` of a seed: each pair is connected independently, see docs/synthetic.md.
template <class T>
[[nodiscard]] Network<T> draw_network(std::uint64_t seed, std::uint64_t number, double feedback);

/// The same as lists, in the order of Network's members.
struct SynapseLists {
  std::vector<Synapse> input, excitation, inhibition, up, down;
};
[[nodiscard]] SynapseLists draw_synapses(std::uint64_t seed, std::uint64_t number, double feedback);

template <class T>
[[nodiscard]] Network<T> tables(const SynapseLists& lists) {
  return {{sensory_inputs, excitatory_delays, lists.input},
          {excitatory, excitatory_delays, lists.excitation},
          {neurons - excitatory, inhibitory_delays, lists.inhibition},
          {excitatory, between_delays, lists.up},
          {excitatory, between_delays, lists.down}};
}

}  // namespace nnpoisson::wimmer
