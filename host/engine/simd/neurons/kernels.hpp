#pragma once

#include "engine/simd/neurons/adam.hpp"
#include "engine/simd/neurons/amplitudes.hpp"
#include "engine/simd/neurons/behaviour.hpp"
#include "engine/simd/neurons/features.hpp"
#include "engine/simd/neurons/gains.hpp"
#include "engine/simd/neurons/lone_points.hpp"
#include "engine/simd/neurons/rows_back.hpp"
#include "engine/simd/neurons/spikes.hpp"
#include "engine/simd/neurons/stimuli.hpp"

/// The phases of a step of the model by neuron, on packs. What a task computes depends on the plan
/// alone, and each sum has its own place, so that threads do not change a bit.
namespace nnpoisson::simd {

template <class P>
std::size_t neuron_scratch(const NeuronStep<typename P::Scalar>& s, int pieces_most,
                           int entries_most) {
  constexpr int L = P::lanes, N = formulas::neuron_width;
  const std::size_t H = neuron_size(s.width), F = neuron_size(s.features), points = tile_size + L;
  const std::size_t stimuli = (F + 8 * N + 4 * H + neuron_size(s.stimulus_sum_size())) * L;
  const std::size_t tile = (12 * H + 4 + 2 * neuron_size(s.stride)) * L + 6 * H * points;
  const std::size_t units =
      2 * neuron_size(s.signals + 1) * neuron_size(s.stride) + neuron_size(pieces_most) * N * L;
  const std::size_t gains = neuron_size(s.node_stride + 16) * L * 2;
  const std::size_t trials = (6 * neuron_size(s.heads.hidden) + 6 * neuron_size(s.channels) +
                              neuron_size(s.head_sum_size()) + 8) *
                                 L +
                             6 * neuron_size(s.node_stride);
  const std::size_t lone = NeuronLonePoints<P>::scratch(s) / sizeof(double);
  std::size_t most = 2 * neuron_size(entries_most) + 64;
  for (const std::size_t n : {stimuli, tile, lone, units, gains, trials})
    most = n > most ? n : most;
  return most * sizeof(double) + 8192;
}

/// P's tag must be local to the file.
template <class P>
const NeuronKernels<typename P::Scalar>* instantiate_neurons() {
  using T = typename P::Scalar;
  using Stimuli = NeuronStimuli<P>;
  using Features = NeuronFeatures<P>;
  using Amplitudes = NeuronAmplitudes<RowPack<P>>;
  using Spikes = NeuronSpikes<RowPack<P>>;
  using Gains = NeuronGains<P>;
  static const NeuronKernels<T> kernels{.lanes = P::lanes,
                                        .row_lanes = RowPack<P>::lanes,
                                        .scratch = neuron_scratch<P>,
                                        .stimuli = Stimuli::forward,
                                        .tile = Features::forward,
                                        .amplitudes = Amplitudes::forward,
                                        .differences = Features::differences,
                                        .lone_points = NeuronLonePoints<P>::run,
                                        .events = Spikes::events,
                                        .entry_rows_back = NeuronRowsBack<RowPack<P>>::entries,
                                        .gains = Gains::forward,
                                        .trials = NeuronBehaviour<P>::trials,
                                        .gains_back = Gains::back,
                                        .totals_back = Spikes::totals_back,
                                        .trial_rows_back = NeuronRowsBack<RowPack<P>>::trials,
                                        .tile_back = Features::back,
                                        .amplitudes_back = Amplitudes::back,
                                        .stimuli_back = Stimuli::back,
                                        .adam = neuron_adam<P>};
  return &kernels;
}

}  // namespace nnpoisson::simd
