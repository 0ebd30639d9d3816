#pragma once

#include <cstddef>
#include <string>

#include "nnpoisson/wimmer.hpp"

namespace nnpoisson::wimmer {

/// One trial as SVG: rates of the populations in windows of 50 ms, with the stimulus and the
/// decision, over a raster of some neurons of each.
[[nodiscard]] std::string picture(const Conditions& conditions, std::size_t trial,
                                  const TrialSpikes& spikes);

}  // namespace nnpoisson::wimmer
