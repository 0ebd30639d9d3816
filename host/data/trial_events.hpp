#pragma once

#include <cstddef>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// visit(time, unit, count, place in the dataset's list) for the spikes of trial n, or its counts,
/// at the middles of their bins.
template <class Visit>
void for_each_event(const Dataset& data, std::size_t n, const Visit& visit) {
  const auto& offset = data.binned() ? data.count.offset : data.spike.offset;
  for (auto i = static_cast<std::size_t>(offset[n]); i < static_cast<std::size_t>(offset[n + 1]);
       ++i) {
    if (data.binned())
      visit(data.bin_width * (data.count.bin[i] + 0.5),
            static_cast<std::size_t>(data.count.unit[i]), data.count.value[i], i);
    else
      visit(static_cast<double>(data.spike.time[i]), static_cast<std::size_t>(data.spike.unit[i]),
            1, i);
  }
}

}  // namespace nnpoisson
