#include "wimmer/synapses.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nnpoisson/random.hpp"
#include "wimmer/noise_key.hpp"

namespace nnpoisson::wimmer {

template <class T>
SynapseTable<T>::SynapseTable(int sources, const std::vector<Synapse>& synapses) {
  if (synapses.empty()) return;

  // A run is the synapses of one source and delay: what is written together lies together.
  constexpr std::size_t delays = Arrivals<T>::slots;
  const auto run_of = [](const Synapse& s) {
    return static_cast<std::size_t>(s.source) * delays + static_cast<std::size_t>(s.delay);
  };
  const auto place_of = [](const Synapse& s) {
    return static_cast<std::uint16_t>(s.delay * padded_neurons + s.target);
  };

  // First how many synapses a run has, then where its next one goes.
  std::vector<std::uint32_t> next(static_cast<std::size_t>(sources) * delays, 0);
  for (const auto& synapse : synapses) ++next[run_of(synapse)];
  offset_.push_back(0);
  for (std::size_t run = 0; run < next.size(); run += delays) {
    std::uint32_t place = offset_.back();
    for (std::size_t k = run; k < run + delays; ++k) place += std::exchange(next[k], place);
    offset_.push_back(static_cast<std::uint32_t>((place + unroll - 1) / unroll * unroll));
  }

  place_.resize(offset_.back());
  weight_.assign(offset_.back(), T(0));
  // Padding goes to different places: adding to one twice at once would have to wait.
  for (std::size_t k = 0; k < place_.size(); ++k)
    place_[k] = static_cast<std::uint16_t>(neurons + k % unroll);
  for (const auto& synapse : synapses) {
    const std::uint32_t k = next[run_of(synapse)]++;
    place_[k] = place_of(synapse);
    weight_[k] = static_cast<T>(synapse.weight);
  }
}
template class SynapseTable<float>;
template class SynapseTable<double>;

namespace {

enum class Table : std::uint32_t { input, excitation, inhibition, up, down };

/// Draws the synapses of each source in streams of its own.
class Drawing {
 public:
  Drawing(std::uint64_t seed, std::uint64_t number, Table table)
      : seed_(seed), number_(number), table_(table) {}

  /// From each source in [first, end) to each target in [from, to) with the given probability:
  /// calls make(random, z, source, target), z a standard normal number. Targets are found by the
  /// gaps between them, which are geometric.
  template <class Make>
  void connect(int first, int end, int from, int to, double probability, const Make& make) const {
    const double scale = 1 / std::log1p(-probability);
    for (int source = first; source < end; ++source) {
      const auto stream =
          static_cast<std::uint32_t>(table_) << 16 | static_cast<std::uint32_t>(source);
      RandomStream random(seed_, Purpose::wimmer_network, number_, stream);
      alignas(64) std::array<float, padded_neurons> normal;
      kernels<float>("").normal({noise_key(seed_, Purpose::wimmer_weights, number_, stream),
                                 padded_neurons / 32, normal.data()});
      double target = from - 1;
      while ((target += 1 + std::floor(std::log((random.bits() + 0.5) * 0x1p-32) * scale)) < to)
        make(random, static_cast<double>(normal[static_cast<std::size_t>(target)]), source,
             static_cast<int>(target));
    }
  }

 private:
  std::uint64_t seed_, number_;
  Table table_;
};

}  // namespace

SynapseLists draw_synapses(std::uint64_t seed, std::uint64_t number, double feedback) {
  SynapseLists lists;
  lists.input.reserve(
      static_cast<std::size_t>(1.02 * input_probability * sensory_inputs * neurons));
  lists.excitation.reserve(
      static_cast<std::size_t>(1.02 * connection_probability * excitatory * neurons));

  // Within the sensory circuit weights are spread about their means, and delays drawn.
  const auto spread = [](std::vector<Synapse>& list, Delays delays, const auto& mean) {
    return [&list, delays, &mean](RandomStream& random, double z, int source, int target) {
      const double weight = mean(source, target) * std::max(0.0, 1 + weight_spread * z);
      const int delay =
          delays.first + static_cast<int>(random.below(static_cast<std::uint64_t>(delays.count)));
      list.push_back({source, target, delay, weight});
    };
  };
  const auto mean_input = [](int, int) { return weight_sx; };
  Drawing(seed, number, Table::input)
      .connect(0, sensory_inputs, 0, neurons, input_probability,
               spread(lists.input, excitatory_delays, mean_input));

  const auto mean_excitation = [](int source, int target) {
    if (target >= excitatory) return weight_se_si;
    return weight_se_se * ((source < sensory_half) == (target < sensory_half) ? same_preference
                                                                              : other_preference);
  };
  Drawing(seed, number, Table::excitation)
      .connect(0, excitatory, 0, neurons, connection_probability,
               spread(lists.excitation, excitatory_delays, mean_excitation));

  const auto mean_inhibition = [](int, int) { return weight_si; };
  Drawing(seed, number, Table::inhibition)
      .connect(0, neurons - excitatory, 0, neurons, connection_probability,
               spread(lists.inhibition, inhibitory_delays, mean_inhibition));

  // Between the circuits, each selective half to its own, both are fixed.
  for (int half = 0; half < 2; ++half) {
    const int sensory = half * sensory_half, integration = half * selective;
    const auto constant = [](std::vector<Synapse>& list, double weight) {
      return [&list, weight](RandomStream&, double, int source, int target) {
        list.push_back({source, target, between_delays.first, weight});
      };
    };
    Drawing(seed, number, Table::up)
        .connect(sensory, sensory + sensory_half, integration, integration + selective,
                 connection_probability, constant(lists.up, weight_up));
    if (feedback > 0)
      Drawing(seed, number, Table::down)
          .connect(integration, integration + selective, sensory, sensory + sensory_half,
                   connection_probability, constant(lists.down, weight_down * feedback));
  }
  return lists;
}

template <class T>
Network<T> draw_network(std::uint64_t seed, std::uint64_t number, double feedback) {
  return tables<T>(draw_synapses(seed, number, feedback));
}
template Network<float> draw_network<float>(std::uint64_t, std::uint64_t, double);
template Network<double> draw_network<double>(std::uint64_t, std::uint64_t, double);

}  // namespace nnpoisson::wimmer
