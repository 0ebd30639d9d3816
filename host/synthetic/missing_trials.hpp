#pragma once

#include <memory>
#include <vector>

#include "kernels/wimmer_trials.hpp"
#include "nnpoisson/progress.hpp"
#include "synthetic/journal.hpp"

namespace nnpoisson::wimmer {

/// The devices that the request asks for; none: the processor simulates. Throws ResourceError.
[[nodiscard]] std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices_for(
    const Request& request);

/// Simulates the request's trials that the journal lacks, on the devices if there are any. Returns
/// when all are there or `watch` ends the call.
void simulate_missing(Journal& journal, const Request& request,
                      std::vector<std::unique_ptr<kernels::SimulatorDevice>> devices,
                      const Watch& watch);

}  // namespace nnpoisson::wimmer
