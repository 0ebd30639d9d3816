#include "simt/emulated_device.hpp"

// What drives a GPU, compiled as plain C++ over the emulated cards.
#include "kernels/cuda/cuda_device.cu"
#include "kernels/cuda/cuda_wimmer.cu"

namespace simt {

std::unique_ptr<nnpoisson::kernels::Device> make_emulated_device(const Card& card) {
  return nnpoisson::kernels::emulated::open_device(add_card(card));
}

}  // namespace simt
