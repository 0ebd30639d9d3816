#pragma once

#include <cstdint>
#include <memory>

#include "kernels/device.hpp"
#include "nnpoisson/backend.hpp"

namespace nnpoisson::kernels {

/// Columns from which on a readout by unit is done by matrix products.
inline constexpr std::uint32_t wide_columns = 256;

/// The backend that runs the kernels on `device`. Programs are handed over in pieces of many steps; between them `stop` is looked at.
std::unique_ptr<Backend> make_kernel_backend(std::unique_ptr<Device> device, Precision precision, const NetworkShape& shape,
                                             std::shared_ptr<const Plan> plan, std::uint32_t wide_from = wide_columns);

}  // namespace nnpoisson::kernels
