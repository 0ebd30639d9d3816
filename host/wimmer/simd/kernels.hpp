#pragma once

#include <cstdint>
#include <string>

/// What the simulator asks of the code that is compiled once for each instruction set. Plain
/// pointers only, as in engine/simd. Every instruction set gives the same bits: lanes are
/// independent or summed in a fixed order, and products are not contracted.
namespace nnpoisson::wimmer {

/// One Euler step of the neurons [first, end) of the sensory circuit, whole rows. All arrays are
/// over the circuit's neurons and begin at a multiple of 64 bytes.
template <class T>
struct SensoryJob {
  int first, end;
  T step;                ///< ms
  T rate, reset, hold;   ///< step / membrane time constant; mV; steps at reset after a spike
  T *v, *wait;           ///< mV; steps still to be held at reset
  T *ge, *xe, *gi, *xi;  ///< conductances and what they follow, of excitation and inhibition
  T *to_xe, *to_xi;      ///< what arrives in this step; cleared
  const T* current;      ///< mV, or null for none
};

/// Conductances that the neurons of an integration population share; AMPA's is on top of what is a
/// neuron's own.
template <class T>
struct SharedDrive {
  T ampa, nmda, gaba;
};

/// The same in the integration circuit, for one population: what all its neurons receive alike is a
/// number.
template <class T>
struct IntegrationJob {
  int first, end;
  T step;  ///< ms
  T rate, hold, external_weight;
  SharedDrive<T> drive;
  T *v, *wait, *ga;
  T* to_ga;  ///< what arrives in this step from the sensory circuit, cleared; null for nothing
  const float* external;  ///< 1 where a neuron's private train has a spike in this step, else 0
  T *s, *x;  ///< NMDA gate of the neuron's own synapses and what it follows; null for inhibitory
             ///< neurons
  double* gate_sum;  ///< out, with s: sum of the new s
};

/// Counter and key of Philox but for the block number: RandomStream(seed, purpose, index, sub)
/// draws from the same blocks.
struct NoiseKey {
  std::uint32_t key[2];
  std::uint32_t counter[3];
};

/// Bernoulli draws: out[64 g + 16 r + k] = 1 where 16 bits of block 8 g + k / 2 are below
/// threshold[4 g + r], else 0.
struct BernoulliJob {
  NoiseKey key;
  int groups;                     ///< of 64 draws, 8 blocks each
  const std::int32_t* threshold;  ///< [4 x groups], of 2^16
  float* out;
};

/// Standard normal draws, 32 for each 8 blocks.
struct NormalJob {
  NoiseKey key;
  int groups;
  float* out;
};

template <class T>
struct Kernels {
  /// Writes the numbers of the neurons that fire to `spikes`, ascending, and returns how many.
  int (*sensory)(const SensoryJob<T>&, std::uint16_t* spikes);
  int (*integration)(const IntegrationJob<T>&, std::uint16_t* spikes);
  void (*bernoulli)(const BernoulliJob&);
  void (*normal)(const NormalJob&);
};

/// Those of the named instruction set, or of the machine's best for "". Throws ResourceError.
template <class T>
const Kernels<T>& kernels(const std::string& instruction_set);

const Kernels<float>* sse_float();
const Kernels<double>* sse_double();
#if defined(__x86_64__)
const Kernels<float>* avx2_float();
const Kernels<double>* avx2_double();
const Kernels<float>* avx512_float();
const Kernels<double>* avx512_double();
#endif

}  // namespace nnpoisson::wimmer
