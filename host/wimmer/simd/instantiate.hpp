#pragma once

#include "wimmer/simd/neuron_kernels.hpp"
#include "wimmer/simd/noise_kernels.hpp"

namespace nnpoisson::wimmer {

/// P: a pack of the simulation's numbers, F: one of floats, which noise always is; their tags must
/// be local to the file.
template <class P, class F>
const Kernels<typename P::Scalar>* instantiate() {
  static constexpr Kernels<typename P::Scalar> kernels{sensory_kernel<P>, integration_kernel<P>,
                                                       bernoulli_kernel<F>, normal_kernel<F>};
  return &kernels;
}

}  // namespace nnpoisson::wimmer
