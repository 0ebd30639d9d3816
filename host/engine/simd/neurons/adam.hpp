#pragma once

#include "engine/simd/neurons/loops.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson::simd {

/// A step of Adam on a part of the parameters, and their penalty before it.
template <class P>
NeuronAdamSum neuron_adam(const NeuronAdamJob<typename P::Scalar>& job) {
  using T = typename P::Scalar;
  P zero(0);
  double penalty = 0;
  for (std::size_t k = 0; k < job.count; k += P::lanes) {
    P weight = P::load(job.weight + k);
    const P away = weight - (job.centre ? P::load(job.centre + k) : P(job.centre_value));
    const P decay = job.decay ? P::load(job.decay + k) : P(job.decay_value);
    const P g = P::load(job.gradient + k) + away * decay * P(job.penalty_scale);
    penalty += double(lane_sum(away * away * decay)) / 2;
    zero = zero + g * T(0);
    if (job.held) continue;
    P first = P::load(job.moment1 + k), second = P::load(job.moment2 + k);
    formulas::adam(weight, first, second, g, job.rate);
    max(P(job.lowest), weight).store(job.weight + k);
    first.store(job.moment1 + k);
    second.store(job.moment2 + k);
  }
  return {penalty, lane_sum(zero) == T(0)};
}

}  // namespace nnpoisson::simd
