#pragma once

#include <cmath>
#include <cstdint>

#include "engine/simd/pack.hpp"
#include "nnpoisson/formulas/philox.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/simd/kernels.hpp"

/// The mathematics of a step, once: P is a pack of neurons, of one in a thread of a GPU, T its
/// scalar. Products are contracted nowhere, so that all get the same bits.
namespace nnpoisson::wimmer {

/// The potential of neurons that would be at `free`, were some not held at reset; counts their
/// steps to be held down.
template <class P>
NNP_FORMULA P held(P free, P reset, P& waiting) {
  using T = typename P::Scalar;
  const P now = where_negative(-waiting, reset, free);
  waiting = max(waiting - P(T(1)), P(T(0)));
  return now;
}

template <class P>
struct SensoryNeuron {
  using T = typename P::Scalar;
  P v, ge, xe, gi, xi;  ///< mV; conductances and what they follow

  /// The new potential of a neuron not held at reset; the conductances are moved. `step` in ms,
  /// `rate` step / membrane time constant, `current` in mV.
  NNP_FORMULA P step(T step, T rate, P current, P to_xe, P to_xi) {
    const P rise(step * T(1 / sensory_rise)), decay(step * T(1 / sensory_decay));
    const P drive = -ge * v - gi * (v - P(T(sensory_e.inhibitory_reversal))) -
                    (v - P(T(leak_potential))) + current;
    ge = ge + decay * (xe - ge);
    xe = xe - rise * xe + to_xe;
    gi = gi + decay * (xi - gi);
    xi = xi - rise * xi + to_xi;
    return v + P(rate) * drive;
  }
};

template <class P>
struct IntegrationNeuron {
  using T = typename P::Scalar;
  P v, ga;  ///< mV; AMPA conductance that is the neuron's own

  /// As SensoryNeuron's. `external`: 1 where the private train has a spike, else 0.
  NNP_FORMULA P step(T step, T rate, const SharedDrive<T>& shared, T external_weight, P external,
                     P to_ga) {
    const P unblocked =
        P(T(1)) / (P(T(1)) + exp(P(T(-0.062)) * v) * P(T(1 / 3.57)));  // magnesium, 1 mM
    const P leak = v - P(T(leak_potential));  // the reversal potential of GABA, too
    const P drive =
        -(ga + P(shared.ampa)) * v - P(shared.nmda) * v * unblocked - P(shared.gaba) * leak - leak;
    ga = ga - P(step * T(1 / ampa_decay)) * ga + P(external_weight) * external + to_ga;
    return v + P(rate) * drive;
  }
};

/// NMDA gate of a neuron's own synapses and what it follows.
template <class P>
struct NmdaGate {
  using T = typename P::Scalar;
  P s, x;
  NNP_FORMULA void step(T step) {
    s = s + (P(step * T(nmda_gain)) * x * (P(T(1)) - s) - P(step * T(1 / nmda_decay)) * s);
    x = x - P(step * T(1 / nmda_rise)) * x;
  }
};

/// Where the integration circuit's populations DE1, DE2, DN, DI begin and end.
inline constexpr int shared_populations = 4;
NNP_FORMULA constexpr int first_of(int population) {
  return population < 3 ? population * selective : population == 3 ? excitatory : neurons;
}
NNP_FORMULA constexpr int population_of(int neuron) {
  return (neuron >= first_of(1)) + (neuron >= first_of(2)) + (neuron >= first_of(3));
}

/// What all neurons of a population of the integration circuit receive alike.
struct SharedConductances {
  double ampa[shared_populations] = {}, gaba[2] = {};  ///< recurrent; onto DE and onto DI
  double gates[3] = {};  ///< sums of s over DE1, DE2, DN, after the last step

  template <class T>
  [[nodiscard]] NNP_FORMULA SharedDrive<T> onto(int population) const {
    const double s1 = gates[0], s2 = gates[1], sn = gates[2];
    double nmda;
    switch (population) {
      case 0:
        nmda = nmda_onto_e * (selective_gain * s1 + selective_loss * (s2 + sn));
        break;
      case 1:
        nmda = nmda_onto_e * (selective_gain * s2 + selective_loss * (s1 + sn));
        break;
      case 2:
        nmda = nmda_onto_e * (s1 + s2 + sn);
        break;
      default:
        nmda = nmda_onto_i * (s1 + s2 + sn);
    }
    return {static_cast<T>(ampa[population]), static_cast<T>(nmda),
            static_cast<T>(gaba[population == 3 ? 1 : 0])};
  }
  /// A step's decay, and the spikes of each population that arrive in it.
  NNP_FORMULA void arrive(double from_de1, double from_de2, double from_dn, double from_di) {
    const double onto[shared_populations] = {
        ampa_onto_e * (selective_gain * from_de1 + selective_loss * (from_de2 + from_dn)),
        ampa_onto_e * (selective_gain * from_de2 + selective_loss * (from_de1 + from_dn)),
        ampa_onto_e * (from_de1 + from_de2 + from_dn),
        ampa_onto_i * (from_de1 + from_de2 + from_dn)};
    for (int p = 0; p < shared_populations; ++p)
      ampa[p] += onto[p] - step_ms / ampa_decay * ampa[p];
    gaba[0] += gaba_onto_e * from_di - step_ms / gaba_decay * gaba[0];
    gaba[1] += gaba_onto_i * from_di - step_ms / gaba_decay * gaba[1];
  }
};

template <class P>
struct Pair {
  P first, second;
};

/// Two standard normal numbers of 64 bits, Box and Muller's transform. The angle is taken from
/// [-pi/4, pi/4), with the other three quarters of the circle by two more bits. P: of float.
template <class P>
NNP_FORMULA Pair<P> normal_pair(typename P::I first, typename P::I second) {
  using I = typename P::I;
  using V = typename P::V;
  const auto fraction = [](I w) {
    return (simd::converted<V>((w >> 9) & 0x7FFFFF) + 0.5F) * 0x1p-23F;
  };  // in (0, 1)
  const P radius = sqrt(P(-2.0F) * log(P(V(fraction(first)))));
  const P a(V((fraction(second) - 0.5F) * 1.57079633F));
  const P square = a * a;
  // Taylor; the first terms left out are 3e-9 and 2e-8.
  const P sine =
      a * (P(1.0F) + square * (P(-1.0F / 6) + square * (P(1.0F / 120) + square * P(-1.0F / 5040))));
  const P cosine =
      P(1.0F) + square * (P(-0.5F) + square * (P(1.0F / 24) + square * (P(-1.0F / 720) +
                                                                        square * P(1.0F / 40320))));
  const I swapped = -(second & 1), negative = (second & 2) << 30;
  const V one = swapped ? sine.v : cosine.v, other = swapped ? cosine.v : sine.v;
  // The sign goes to the one that the angle leaves positive, the cosine.
  const P signed_one(V(simd::as<V>(simd::as<I>(one) ^ (negative & ~swapped))));
  const P signed_other(V(simd::as<V>(simd::as<I>(other) ^ (negative & swapped))));
  return {radius * signed_one, radius * signed_other};
}

/// The neurons of SX that fire in a step, ascending: gaps between them are geometric. `scale` is 1
/// / log(1 - probability).
template <class Take>
NNP_FORMULA void sensory_input(formulas::PhiloxStream& random, double scale, const Take& take) {
  double neuron = -1;
  while ((neuron += 1 + std::floor(std::log(random.uniform()) * scale)) < sensory_inputs)
    take(static_cast<std::uint16_t>(neuron));
}

/// The draw of the stimulus' paths where they start; those of the samples have the samples'
/// numbers.
inline constexpr std::uint32_t before_stimulus = 0xFFFFFFFF;

/// What the stimulus' Ornstein-Uhlenbeck paths, of unit variance, keep of a millisecond's start and
/// take of a fresh normal number.
struct PathStep {
  float decay, fresh;
  [[nodiscard]] NNP_FORMULA float operator()(float path, float normal) const {
    return decay * path + fresh * normal;
  }
};

}  // namespace nnpoisson::wimmer
