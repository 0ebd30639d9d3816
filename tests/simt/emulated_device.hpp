#pragma once

#include <memory>

#include "kernels/cuda/cuda_device.hpp"
#include "kernels/device.hpp"

namespace simt {

/// A new card, driven by kernels/cuda as a real one is: the kernels run in the emulation. Its
/// memory is the host's, filled with NaN when allocated.
std::unique_ptr<nnpoisson::kernels::Device> make_emulated_device(const Card& card = {});

}  // namespace simt
