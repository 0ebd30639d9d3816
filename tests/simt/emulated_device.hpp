#pragma once

#include <memory>

#include "kernels/cuda/cuda_devices.hpp"

namespace simt {

/// A new card, driven by kernels/cuda as a real one is: the kernels run in the emulation. Its
/// memory is the host's, filled with NaN when allocated.
std::unique_ptr<nnpoisson::kernels::TrainingDevice> make_emulated_training_device(
    const Card& card = {});
std::unique_ptr<nnpoisson::kernels::SimulatorDevice> make_emulated_simulator_device(
    const Card& card = {});

}  // namespace simt
