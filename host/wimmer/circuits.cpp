#include "wimmer/circuits.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace nnpoisson::wimmer {
namespace {

constexpr int first_inhibitory = excitatory;

/// While it lives, denormal numbers are 0: conductances without input decay to them, and they are
/// slow. All instruction sets do so alike.
class NoDenormals {
 public:
#if defined(__x86_64__)
  NoDenormals() : before_(_mm_getcsr()) {
    _mm_setcsr(before_ | 0x8040U);
  }  // flush to zero, denormals are zeros
  ~NoDenormals() {
    _mm_setcsr(before_);
  }

 private:
  unsigned before_;
#else
  NoDenormals() = default;
  ~NoDenormals() = default;

 public:
#endif
  NoDenormals(const NoDenormals&) = delete;
  NoDenormals& operator=(const NoDenormals&) = delete;
};

}  // namespace

template <class T>
Circuits<T>::Circuits(const Network<T>& network, const Kernels<T>& kernels, const Start& start)
    : network_(network), kernels_(kernels), state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < neurons; ++i) {
    state_->v[i] = static_cast<T>(start.sensory_v[i]);
    state_->ge[i] = static_cast<T>(start.sensory_ge[i]);
    state_->d_v[i] = static_cast<T>(start.integration_v[i]);
  }
}

template <class T>
void Circuits<T>::step(const Input<T>& input) {
  const NoDenormals guard;
  update_integration(input.external);
  update_sensory(input.current);
  arrive_in_integration();
  send(input.sensory_input);
  ++now_;
}

template <class T>
void Circuits<T>::update_sensory(const T* current) {
  State& s = *state_;
  SensoryJob<T> job{0,
                    excitatory,
                    static_cast<T>(step_ms),
                    static_cast<T>(step_ms / sensory_e.time_constant),
                    static_cast<T>(sensory_e.reset),
                    static_cast<T>(sensory_e.refractory_steps),
                    s.v.data(),
                    s.wait.data(),
                    s.ge.data(),
                    s.xe.data(),
                    s.gi.data(),
                    s.xi.data(),
                    s.to_xe.slot(now_),
                    s.to_xi.slot(now_),
                    current};
  std::uint16_t* spikes = sensory_spikes_.slot(now_);
  int count = kernels_.sensory(job, spikes);

  // The inhibitory neurons differ in these, and receive no stimulus.
  job.first = first_inhibitory;
  job.end = neurons;
  job.rate = static_cast<T>(step_ms / sensory_i.time_constant);
  job.hold = static_cast<T>(sensory_i.refractory_steps);
  job.current = nullptr;
  count += kernels_.sensory(job, spikes + count);
  sensory_spikes_.set_count(now_, count);
}

template <class T>
void Circuits<T>::update_integration(const float* external) {
  State& s = *state_;
  // All drives come before the first kernel, which leaves new sums of gates: they are for the next
  // step.
  std::array<SharedDrive<T>, shared_populations> drive;
  for (int p = 0; p < shared_populations; ++p)
    drive[static_cast<std::size_t>(p)] = shared_.onto<T>(p);

  std::uint16_t* spikes = integration_spikes_.slot(now_);
  int count = 0;
  for (int p = 0; p < shared_populations; ++p) {
    const bool inhibitory = first_of(p) == di.first;
    const bool selective_ones = first_of(p) < dn.first;  // only they hear the sensory circuit
    const Membrane& membrane = inhibitory ? integration_i : integration_e;
    count += kernels_.integration(
        {first_of(p), first_of(p + 1), static_cast<T>(step_ms),
         static_cast<T>(step_ms / membrane.time_constant),
         static_cast<T>(membrane.refractory_steps),
         static_cast<T>(inhibitory ? external_onto_i : external_onto_e),
         drive[static_cast<std::size_t>(p)], s.d_v.data(), s.d_wait.data(), s.ga.data(),
         selective_ones ? s.to_ga.slot(now_) : nullptr, external, inhibitory ? nullptr : s.s.data(),
         s.x.data(), inhibitory ? nullptr : &shared_.gates[p]},
        spikes + count);
  }
  integration_spikes_.set_count(now_, count);
}

template <class T>
void Circuits<T>::send(std::span<const std::uint16_t> input) {
  State& s = *state_;
  for (const int source : input) network_.input.deliver(source, now_, s.to_xe);

  for (const int source : sensory_spikes_.at(now_)) {
    if (source < first_inhibitory) {
      network_.excitation.deliver(source, now_, s.to_xe);
      network_.up.deliver(source, now_, s.to_ga);
    } else {
      network_.inhibition.deliver(source - first_inhibitory, now_, s.to_xi);
    }
  }

  if (network_.down.empty()) return;
  for (const int source : integration_spikes_.at(now_))
    if (source < dn.first) network_.down.deliver(source, now_, s.to_xe);
}

template <class T>
void Circuits<T>::arrive_in_integration() {
  std::array<double, shared_populations> spikes{};
  for (const int source : integration_spikes_.at(now_ - integration_delay)) {
    ++spikes[static_cast<std::size_t>(population_of(source))];
    if (source < first_inhibitory) state_->x[static_cast<std::size_t>(source)] += 1;
  }
  shared_.arrive(spikes[0], spikes[1], spikes[2], spikes[3]);
}

template class Circuits<float>;
template class Circuits<double>;

}  // namespace nnpoisson::wimmer
