#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "wimmer/formulas.hpp"
#include "wimmer/synapses.hpp"

namespace nnpoisson::wimmer {

/// What comes from outside in one step.
template <class T>
struct Input {
  const T* current;       ///< [excitatory] stimulus into SE, mV, 64-byte aligned; null for none
  const float* external;  ///< [neurons] private trains of DE and DI: 1 for a spike, else 0
  std::span<const std::uint16_t> sensory_input;  ///< SX neurons that fire
};

/// Where a run starts; everything else is 0.
struct Start {
  std::array<double, neurons> sensory_v, sensory_ge, integration_v;  ///< mV, leaks, mV
};

/// The spikes of a circuit's last 16 steps; the delay within the integration circuit is shorter.
class SpikeRing {
 public:
  static constexpr int steps = 16;
  std::uint16_t* slot(int step) { return ids_[step % steps].data(); }
  void set_count(int step, int count) { count_[step % steps] = count; }
  [[nodiscard]] std::span<const std::uint16_t> at(int step) const {
    if (step < 0) return {};
    return {ids_[step % steps].data(), static_cast<std::size_t>(count_[step % steps])};
  }

 private:
  std::array<std::array<std::uint16_t, neurons>, steps> ids_;
  std::array<int, steps> count_{};
};

/// Both circuits, stepped together by forward Euler in the order of the original: all variables
/// from the old state, threshold, then the spikes that arrive in this step. T: float or double.
template <class T>
class Circuits {
 public:
  /// The network must outlive it.
  Circuits(const Network<T>& network, const Kernels<T>& kernels, const Start& start);

  void step(const Input<T>& input);
  /// The step that `step` takes next.
  [[nodiscard]] int now() const { return now_; }
  /// Neurons that fired in a step taken, one of the last 16, ascending within a population.
  [[nodiscard]] std::span<const std::uint16_t> sensory_spikes(int step) const {
    return sensory_spikes_.at(step);
  }
  [[nodiscard]] std::span<const std::uint16_t> integration_spikes(int step) const {
    return integration_spikes_.at(step);
  }

 private:
  using Array = std::array<T, padded_neurons>;
  struct alignas(64) State {
    Array v{}, wait{}, ge{}, xe{}, gi{}, xi{};  // sensory
    Array d_v{}, d_wait{}, ga{}, s{}, x{};      // integration
    Arrivals<T> to_xe, to_xi, to_ga;
  };

  void update_sensory(const T* current);
  void update_integration(const float* external);
  void arrive_in_integration();
  void send(std::span<const std::uint16_t> input);

  const Network<T>& network_;
  const Kernels<T>& kernels_;
  std::unique_ptr<State> state_;
  SpikeRing sensory_spikes_, integration_spikes_;
  SharedConductances shared_;
  int now_ = 0;
};

}  // namespace nnpoisson::wimmer
