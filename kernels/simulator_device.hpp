#pragma once

#include <cstddef>
#include <memory>

#include "kernels/device.hpp"
#include "kernels/wimmer.hpp"

namespace nnpoisson::kernels {

/// A device that simulates trials of the spiking network, a block each.
class SimulatorDevice : public Device {
 public:
  /// Trials that run together; at least 1.
  [[nodiscard]] virtual int resident_trials(std::size_t number_size, std::size_t shared_bytes) = 0;
  virtual void run(const WimmerView<float>& view, int trials, std::size_t shared_bytes) = 0;
  virtual void run(const WimmerView<double>& view, int trials, std::size_t shared_bytes) = 0;
};

/// Which device, and what is thrown: as make_cuda_training_device.
std::unique_ptr<SimulatorDevice> make_cuda_simulator_device(int number);

}  // namespace nnpoisson::kernels
