#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {

/// A draw from the known model.
inline Dataset known_draw(std::size_t trials, std::uint64_t seed) {
  const auto [model, like] = demonstration(trials);
  return sample(model, like, {.seed = seed});
}
inline Model known_model() {
  return demonstration(1).model;
}

/// The same spikes as counts in bins; what comes after a trial's last whole bin is left out, and
/// the trial ends there.
inline Dataset binned(const Dataset& data, double width) {
  Dataset counts = data;
  counts.bin_width = width;
  counts.spike = {};
  counts.count.offset.assign(1, 0);
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto bins = std::max(1.0, std::floor(data.trial.observed_until[n] / width + 1e-9));
    counts.trial.observed_until[n] = bins * width;
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> cells;
    for (auto i = static_cast<std::size_t>(data.spike.offset[n]);
         i < static_cast<std::size_t>(data.spike.offset[n + 1]); ++i)
      if (const double bin = std::floor(data.spike.time[i] / width); bin < bins)
        ++cells[{static_cast<std::int32_t>(bin), data.spike.unit[i]}];
    for (const auto& [cell, value] : cells) {
      counts.count.bin.push_back(cell.first);
      counts.count.unit.push_back(cell.second);
      counts.count.value.push_back(value);
    }
    counts.count.offset.push_back(static_cast<std::int64_t>(counts.count.bin.size()));
  }
  return counts;
}

}  // namespace nnpoisson
