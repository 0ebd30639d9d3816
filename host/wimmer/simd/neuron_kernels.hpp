#pragma once

#include "engine/simd/pack.hpp"
#include "wimmer/formulas.hpp"
#include "wimmer/simd/kernels.hpp"

namespace nnpoisson::wimmer {

/// Bit k is set where lane k of a is above b.
template <class P>
NNP_FORMULA unsigned lanes_above(P a, P b) {
  using T = typename P::Scalar;
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64 && sizeof(T) == 4)
    return _mm512_cmp_ps_mask((__m512)a.v, (__m512)b.v, _CMP_GT_OQ);
  if constexpr (sizeof(a) == 64 && sizeof(T) == 8)
    return _mm512_cmp_pd_mask((__m512d)a.v, (__m512d)b.v, _CMP_GT_OQ);
#endif
  const auto above = a.v > b.v;
#if defined(__AVX__)
  if constexpr (sizeof(a) == 32 && sizeof(T) == 4)
    return static_cast<unsigned>(_mm256_movemask_ps((__m256)above));
  if constexpr (sizeof(a) == 32 && sizeof(T) == 8)
    return static_cast<unsigned>(_mm256_movemask_pd((__m256d)above));
#endif
#if defined(__x86_64__)
  if constexpr (sizeof(a) == 16 && sizeof(T) == 4)
    return static_cast<unsigned>(_mm_movemask_ps((__m128)above));
  if constexpr (sizeof(a) == 16 && sizeof(T) == 8)
    return static_cast<unsigned>(_mm_movemask_pd((__m128d)above));
#endif
  unsigned bits = 0;
  for (int k = 0; k < P::lanes; ++k) bits |= (above[k] != 0 ? 1U : 0U) << k;
  return bits;
}

/// Stores the potentials of the neurons i .. i + lanes and what they are still to be held, and adds
/// those that fire to `out`.
template <class P>
NNP_FORMULA std::uint16_t* fire(P free, typename P::Scalar reset, typename P::Scalar hold, int i,
                                typename P::Scalar* v, typename P::Scalar* wait,
                                std::uint16_t* out) {
  using T = typename P::Scalar;
  P waiting = P::load(wait + i);
  const P now = held(free, P(reset), waiting);
  now.store(v + i);
  waiting.store(wait + i);
  for (unsigned bits = lanes_above(now, P(T(firing_threshold))); bits != 0; bits &= bits - 1) {
    const int k = i + __builtin_ctz(bits);
    v[k] = reset;
    wait[k] = hold;
    *out++ = static_cast<std::uint16_t>(k);
  }
  return out;
}

template <class P>
int sensory_kernel(const SensoryJob<typename P::Scalar>& given, std::uint16_t* spikes) {
  const SensoryJob<typename P::Scalar> job = given;  // what is stored could else be part of it
  using T = typename P::Scalar;
  std::uint16_t* out = spikes;
  for (int i = job.first; i < job.end; i += P::lanes) {
    SensoryNeuron<P> n{P::load(job.v + i), P::load(job.ge + i), P::load(job.xe + i),
                       P::load(job.gi + i), P::load(job.xi + i)};
    const P current = job.current != nullptr ? P::load(job.current + i) : P(T(0));
    const P free =
        n.step(job.step, job.rate, current, P::load(job.to_xe + i), P::load(job.to_xi + i));

    n.ge.store(job.ge + i);
    n.xe.store(job.xe + i);
    n.gi.store(job.gi + i);
    n.xi.store(job.xi + i);
    P(T(0)).store(job.to_xe + i);
    P(T(0)).store(job.to_xi + i);
    out = fire(free, job.reset, job.hold, i, job.v, job.wait, out);
  }
  return static_cast<int>(out - spikes);
}

template <class P>
int integration_kernel(const IntegrationJob<typename P::Scalar>& given, std::uint16_t* spikes) {
  const IntegrationJob<typename P::Scalar> job = given;  // what is stored could else be part of it
  using T = typename P::Scalar;
  constexpr int parts = row / P::lanes;
  P sum[parts];
  for (P& part : sum) part = P(T(0));

  std::uint16_t* out = spikes;
  for (int first = job.first; first < job.end; first += row)
    for (int part = 0; part < parts; ++part) {
      const int i = first + part * P::lanes;
      IntegrationNeuron<P> n{P::load(job.v + i), P::load(job.ga + i)};
      P external;
      for (int k = 0; k < P::lanes; ++k) external.v[k] = T(job.external[i + k]);
      const P arriving = job.to_ga != nullptr ? P::load(job.to_ga + i) : P(T(0));
      const P free = n.step(job.step, job.rate, job.drive, job.external_weight, external, arriving);
      n.ga.store(job.ga + i);
      if (job.to_ga != nullptr) P(T(0)).store(job.to_ga + i);

      if (job.s != nullptr) {
        NmdaGate<P> gate{P::load(job.s + i), P::load(job.x + i)};
        gate.step(job.step);
        gate.s.store(job.s + i);
        gate.x.store(job.x + i);
        sum[part] = sum[part] + gate.s;
      }
      out = fire(free, T(integration_e.reset), job.hold, i, job.v, job.wait, out);
    }

  // The same sum for every instruction set: a row's neurons are added in their order.
  if (job.s != nullptr) {
    double total = 0;
    for (const P& part : sum)
      for (int k = 0; k < P::lanes; ++k) total += static_cast<double>(part.v[k]);
    *job.gate_sum = total;
  }
  return static_cast<int>(out - spikes);
}

}  // namespace nnpoisson::wimmer
