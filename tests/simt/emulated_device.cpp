#include "simt/emulated_device.hpp"

// What drives a GPU, compiled as plain C++ over the emulated cards.
#include "kernels/cuda/cuda_training.cu"
#include "kernels/cuda/cuda_wimmer.cu"
#include "kernels/cuda/device_states.cu"

namespace simt {

using namespace nnpoisson::kernels;

std::unique_ptr<TrainingDevice> make_emulated_training_device(const Card& card) {
  return emulated::open_training_device(add_card(card));
}
std::unique_ptr<SimulatorDevice> make_emulated_simulator_device(const Card& card) {
  return emulated::open_simulator_device(add_card(card));
}

}  // namespace simt
