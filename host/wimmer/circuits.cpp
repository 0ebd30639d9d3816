#include "wimmer/circuits.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <algorithm>

namespace nnpoisson::wimmer {
namespace {

constexpr int first_inhibitory = excitatory;
/// Bounds of DE1, DE2, DN, DI.
constexpr std::array<int, 5> bounds{0, selective, 2 * selective, excitatory, neurons};

/// While it lives, denormal numbers are 0: conductances without input decay to them, and they are slow. All instruction sets do so alike.
class NoDenormals {
 public:
#if defined(__x86_64__)
  NoDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040U); }  // flush to zero, denormals are zeros
  ~NoDenormals() { _mm_setcsr(before_); }

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
  const auto [s1, s2, sn] = gate_sum_;
  const double nmda[shared] = {nmda_onto_e * (selective_gain * s1 + selective_loss * (s2 + sn)),
                               nmda_onto_e * (selective_gain * s2 + selective_loss * (s1 + sn)), nmda_onto_e * (s1 + s2 + sn),
                               nmda_onto_i * (s1 + s2 + sn)};
  std::uint16_t* spikes = integration_spikes_.slot(now_);
  int count = 0;
  for (std::size_t p = 0; p < shared; ++p) {
    const bool inhibitory = p == 3;
    const Membrane& membrane = inhibitory ? integration_i : integration_e;
    count +=
        kernels_.integration({bounds[p], bounds[p + 1], static_cast<T>(step_ms), static_cast<T>(step_ms / membrane.time_constant),
                              static_cast<T>(membrane.refractory_steps), static_cast<T>(inhibitory ? external_onto_i : external_onto_e),
                              static_cast<T>(ampa_[p]), static_cast<T>(nmda[p]), static_cast<T>(gaba_[inhibitory ? 1 : 0]), s.d_v.data(),
                              s.d_wait.data(), s.ga.data(), p < 2 ? s.to_ga.slot(now_) : nullptr, external,
                              inhibitory ? nullptr : s.s.data(), s.x.data(), inhibitory ? nullptr : &gate_sum_[p]},
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
    if (source < 2 * selective) network_.down.deliver(source, now_, s.to_xe);
}

template <class T>
void Circuits<T>::arrive_in_integration() {
  std::array<double, shared> spikes{};
  for (const int source : integration_spikes_.at(now_ - integration_delay)) {
    const auto population = static_cast<std::size_t>(std::upper_bound(bounds.begin(), bounds.end(), source) - bounds.begin() - 1);
    ++spikes[population];
    if (source < first_inhibitory) state_->x[static_cast<std::size_t>(source)] += 1;
  }
  const auto [d1, d2, dn, di] = spikes;
  const double ampa[shared] = {ampa_onto_e * (selective_gain * d1 + selective_loss * (d2 + dn)),
                               ampa_onto_e * (selective_gain * d2 + selective_loss * (d1 + dn)), ampa_onto_e * (d1 + d2 + dn),
                               ampa_onto_i * (d1 + d2 + dn)};
  for (std::size_t p = 0; p < shared; ++p) ampa_[p] += ampa[p] - step_ms / ampa_decay * ampa_[p];
  gaba_[0] += gaba_onto_e * di - step_ms / gaba_decay * gaba_[0];
  gaba_[1] += gaba_onto_i * di - step_ms / gaba_decay * gaba_[1];
}

template class Circuits<float>;
template class Circuits<double>;

}  // namespace nnpoisson::wimmer
