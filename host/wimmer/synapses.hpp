#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

struct Synapse {
  std::int32_t source, target;
  std::int32_t delay;  ///< steps
  double weight;
};

/// What will arrive at one variable of a circuit's neurons in the steps to come: a ring of slots,
/// one for each step.
template <class T>
class Arrivals {
 public:
  static constexpr std::size_t slots = 16;  ///< delays are shorter
  [[nodiscard]] T* slot(int step) {
    return ring_.data() + static_cast<std::size_t>(step) % slots * padded_neurons;
  }
  [[nodiscard]] T* begin() { return ring_.data(); }

 private:
  alignas(64) std::array<T, slots * padded_neurons> ring_{};
};

/// The synapses from one group of neurons to one variable of a circuit: for each source a list of
/// places, which are delay and target in one number, and weights, by delay and padded to a multiple
/// of 8 with weights of 0 onto targets behind the last neuron.
template <class T>
class SynapseTable {
 public:
  static constexpr std::size_t unroll = 8;

  /// In any order. No two synapses may share source, target and delay.
  SynapseTable(int sources, const std::vector<Synapse>& synapses);

  [[nodiscard]] bool empty() const { return place_.empty(); }
  /// Where a source's list begins; [sources + 1].
  [[nodiscard]] const std::vector<std::uint32_t>& offset() const { return offset_; }
  [[nodiscard]] const std::vector<std::uint16_t>& place() const { return place_; }
  [[nodiscard]] const std::vector<T>& weight() const { return weight_; }
  [[nodiscard]] std::size_t bytes() const {
    return place_.size() * (sizeof(std::uint16_t) + sizeof(T)) + offset_.size() * 4;
  }

  /// A source fires in this step: adds its weights where and when they arrive.
  void deliver(int source, int step, Arrivals<T>& arrivals) const {
    constexpr std::uint32_t all = Arrivals<T>::slots * padded_neurons;
    const auto base = static_cast<std::uint32_t>(step) % Arrivals<T>::slots * padded_neurons;
    const std::uint32_t first = offset_[static_cast<std::size_t>(source)],
                        end = offset_[static_cast<std::size_t>(source) + 1];
    T* __restrict onto = arrivals.begin();
    for (std::uint32_t k = first; k < end; k += unroll)
      for (std::uint32_t j = 0; j < unroll; ++j)
        onto[(base + place_[k + j]) % all] += weight_[k + j];
  }

 private:
  std::vector<std::uint32_t> offset_;  ///< [sources + 1]
  std::vector<std::uint16_t> place_;   ///< delay x padded_neurons + target
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
  return {{sensory_inputs, lists.input},
          {excitatory, lists.excitation},
          {neurons - excitatory, lists.inhibition},
          {excitatory, lists.up},
          {excitatory, lists.down}};
}

}  // namespace nnpoisson::wimmer
