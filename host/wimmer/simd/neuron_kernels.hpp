#pragma once

#include "engine/simd/pack.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/simd/kernels.hpp"

namespace nnpoisson::wimmer {

/// Bit k is set where lane k of a is above b.
template <class P>
NNP_PACK unsigned lanes_above(P a, P b) {
  using T = typename P::Scalar;
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_cmp_ps_mask((__m512)a.v, (__m512)b.v, _CMP_GT_OQ);
  if constexpr (sizeof(a) == 64 && sizeof(T) == 8) return _mm512_cmp_pd_mask((__m512d)a.v, (__m512d)b.v, _CMP_GT_OQ);
#endif
  const auto above = a.v > b.v;
#if defined(__AVX__)
  if constexpr (sizeof(a) == 32 && sizeof(T) == 4) return static_cast<unsigned>(_mm256_movemask_ps((__m256)above));
  if constexpr (sizeof(a) == 32 && sizeof(T) == 8) return static_cast<unsigned>(_mm256_movemask_pd((__m256d)above));
#endif
#if defined(__x86_64__)
  if constexpr (sizeof(a) == 16 && sizeof(T) == 4) return static_cast<unsigned>(_mm_movemask_ps((__m128)above));
  if constexpr (sizeof(a) == 16 && sizeof(T) == 8) return static_cast<unsigned>(_mm_movemask_pd((__m128d)above));
#endif
  unsigned bits = 0;
  for (int k = 0; k < P::lanes; ++k) bits |= (above[k] != 0 ? 1U : 0U) << k;
  return bits;
}

/// Threshold, reset and refractoriness of the neurons i .. i + lanes, given the potential `free` of those not held at reset.
template <class P>
NNP_PACK std::uint16_t* fire(P free, typename P::Scalar reset, typename P::Scalar hold, int i, typename P::Scalar* v,
                             typename P::Scalar* wait, std::uint16_t* out) {
  using T = typename P::Scalar;
  const P waiting = P::load(wait + i);
  const P now = where_negative(-waiting, P(reset), free);
  now.store(v + i);
  max(waiting - P(T(1)), P(T(0))).store(wait + i);
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
  const P rise(job.step * T(1 / sensory_rise)), decay(job.step * T(1 / sensory_decay));
  std::uint16_t* out = spikes;
  for (int i = job.first; i < job.end; i += P::lanes) {
    const P v = P::load(job.v + i), ge = P::load(job.ge + i), xe = P::load(job.xe + i), gi = P::load(job.gi + i), xi = P::load(job.xi + i);
    P drive = -ge * v - gi * (v - P(T(sensory_e.inhibitory_reversal))) - (v - P(T(leak_potential)));
    if (job.current != nullptr) drive = drive + P::load(job.current + i);
    (ge + decay * (xe - ge)).store(job.ge + i);
    (xe - rise * xe + P::load(job.to_xe + i)).store(job.xe + i);
    (gi + decay * (xi - gi)).store(job.gi + i);
    (xi - rise * xi + P::load(job.to_xi + i)).store(job.xi + i);
    P(T(0)).store(job.to_xe + i);
    P(T(0)).store(job.to_xi + i);
    out = fire(v + P(job.rate) * drive, job.reset, job.hold, i, job.v, job.wait, out);
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
      const P v = P::load(job.v + i), ga = P::load(job.ga + i);
      const P unblocked = P(T(1)) / (P(T(1)) + exp(P(T(-0.062)) * v) * P(T(1 / 3.57)));  // magnesium, 1 mM
      const P leak = v - P(T(leak_potential));                                           // the reversal potential of GABA, too
      const P drive = -(ga + P(job.ampa)) * v - P(job.nmda) * v * unblocked - P(job.gaba) * leak - leak;
      P external;
      for (int k = 0; k < P::lanes; ++k) external.v[k] = T(job.external[i + k]);
      P next_ga = ga - P(job.step * T(1 / ampa_decay)) * ga + P(job.external_weight) * external;
      if (job.to_ga != nullptr) {
        next_ga = next_ga + P::load(job.to_ga + i);
        P(T(0)).store(job.to_ga + i);
      }
      next_ga.store(job.ga + i);
      if (job.s != nullptr) {
        const P s = P::load(job.s + i), x = P::load(job.x + i);
        const P gate = s + (P(job.step * T(nmda_gain)) * x * (P(T(1)) - s) - P(job.step * T(1 / nmda_decay)) * s);
        gate.store(job.s + i);
        (x - P(job.step * T(1 / nmda_rise)) * x).store(job.x + i);
        sum[part] = sum[part] + gate;
      }
      out = fire(v + P(job.rate) * drive, T(integration_e.reset), job.hold, i, job.v, job.wait, out);
    }
  if (job.s != nullptr) {
    double total = 0;
    for (const P& part : sum)
      for (int k = 0; k < P::lanes; ++k) total += static_cast<double>(part.v[k]);
    *job.gate_sum = total;
  }
  return static_cast<int>(out - spikes);
}

}  // namespace nnpoisson::wimmer
