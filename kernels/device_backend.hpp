#pragma once

#include <cstdint>
#include <memory>

#include "kernels/training_device.hpp"
#include "kernels/views.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::kernels {

/// What the phases of steps took.
struct PhaseTimes {
  double seconds[phases] = {};  ///< by Phase, summed over steps
  std::uint64_t steps = 0;
};

struct DeviceBackendOptions {
  /// Where it is not null, phases are launched and timed one by one. It must outlive the backend.
  PhaseTimes* times = nullptr;
};

/// The backend that runs the kernels on `device`. Programs are handed over in pieces of so many
/// steps as take it a moment (piece_seconds); between them `stop` is looked at. A display that the
/// device drives stays alive, too.
std::unique_ptr<Backend> make_device_backend(std::unique_ptr<TrainingDevice> device,
                                             Precision precision, const NetworkShape& shape,
                                             std::shared_ptr<const Plan> plan,
                                             const DeviceBackendOptions& options = {});

}  // namespace nnpoisson::kernels
