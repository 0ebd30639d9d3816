#pragma once

#include "engine/simd/neurons/kernels.hpp"
#include "engine/simd/pack.hpp"
#include "engine/simd/step_kernels.hpp"
#include "engine/simd/tile_kernel.hpp"

namespace nnpoisson::simd {

/// The kernels on packs of one instruction set. P's tag must be local to the file, so that no copy
/// is shared with another file.
template <class P>
const Kernels<typename P::Scalar>* instantiate(const char* name) {
  using T = typename P::Scalar;
  static const Kernels<T> kernels{
      name,
      [](const formulas::NetworkSizes& net, int columns) {
        const int of_tile = TileKernel<P, 0>::scratch_size(net, columns),
                  of_stimuli = StimulusKernel<P>::scratch_size(net);
        return of_tile > of_stimuli ? of_tile : of_stimuli;
      },
      [](const TileJob<T>& job) {
        if (job.net.time_width == paper_width && job.net.hidden_width == paper_width)
          TileKernel<P, paper_width>::run(job);
        else
          TileKernel<P, 0>::run(job);
      },
      [](const StimulusJob<T>& job) { StimulusKernel<P>::forward(job); },
      [](const StimulusJob<T>& job) { StimulusKernel<P>::adjoint(job); },
      [](const AdamJob<T>& job) { return adam_kernel<P>(job); },
      instantiate_neurons<P>()};
  return &kernels;
}

}  // namespace nnpoisson::simd
