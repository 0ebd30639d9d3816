#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "storage/hdf5_file.hpp"

namespace nnpoisson::testing {

/// Three units of two regions and three trials at 1, 3 and 5 s, as NWB lays them out.
inline void write_small_nwb(const std::filesystem::path& file) {
  Hdf5Writer out(file);
  out.attribute("/", "nwb_version", std::string("2.6.0"));
  out.numbers<std::int64_t>("units/id", {10, 11, 12});
  out.numbers<double>("units/spike_times", {0.5, 1, 1.25, 3.5, 1.5, 5.25, 3.125});
  out.numbers<std::int32_t>("units/spike_times_index", {4, 6, 7});
  out.numbers<std::int64_t>("units/electrodes", {1, 0, 0, 1});
  out.numbers<std::int8_t>("units/electrodes_index", {1, 2, 4});
  out.strings("units/quality", {"good", "noise", "good"});
  out.numbers<std::int64_t>("general/extracellular_ephys/electrodes/id", {0, 1});
  out.strings("general/extracellular_ephys/electrodes/location", {"CA1", "VISp"});
  out.numbers<std::int64_t>("intervals/trials/id", {0, 1, 2});
  out.numbers<double>("intervals/trials/start_time", {0.5, 2.5, 4.5});
  out.numbers<double>("intervals/trials/stim_on_time", {1, 3, 5});
  out.numbers<double>("intervals/trials/response_time",
                      {1.75, 4.5, std::numeric_limits<double>::quiet_NaN()});
  out.strings("intervals/trials/choice", {"left", "right", ""});
  out.numbers<double>("intervals/trials/contrast", {0.5, 1, 0.25});
  out.strings("intervals/trials/stimulus_side", {"left", "right", "left"});
  out.numbers<double>("intervals/trials/lick_times", {1, 2, 3, 4});
  out.numbers<std::int32_t>("intervals/trials/lick_times_index", {1, 2, 4});
  out.commit();
}

}  // namespace nnpoisson::testing
