#pragma once

#include <cstddef>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Random numbers of the shape of the paper's Steinmetz run, cut short: 39 sessions, 42 regions, 8
/// one-hot stimulus columns (16 stimuli), W = 0.4 s, about 1,670 spikes a trial. For timing only.
[[nodiscard]] Dataset paper_dataset(std::size_t trials_of_session);

}  // namespace nnpoisson
