#pragma once

#include <memory>

#include "kernels/device.hpp"
#include "simt/simt.hpp"

namespace simt {

struct EmulatedOptions {
  int resident_blocks = 3;
  std::size_t shared_bytes = 64 << 10;  ///< of a block; less than some slabs need
  Order order = Order::ascending;
  std::size_t free_bytes = 1 << 30;  ///< what it says; points that need more are streamed
  bool phase_by_phase = false;       ///< instead of the persistent kernel
};

/// A device that runs the kernels in the emulation. Its memory is the host's, filled with NaN when allocated.
std::unique_ptr<nnpoisson::kernels::Device> make_emulated_device(const EmulatedOptions& options = {});

}  // namespace simt
