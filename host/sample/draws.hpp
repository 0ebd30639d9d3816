#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {

struct DrawnResponse {
  std::int8_t choice = 0;
  double time = std::numeric_limits<double>::quiet_NaN();  ///< s
};

struct DrawnSpike {
  double time;  ///< s
  std::int32_t unit;
};

/// What was drawn for one trial.
struct Draw {
  DrawnResponse response;
  double until = 0;                ///< observed until, s
  std::vector<DrawnSpike> spikes;  ///< ascending
};

/// Competing risks: the time from `time_of`, the inverse of both actions' cumulative hazard
/// together, then the action by its share of the hazards (left, right) at that time.
[[nodiscard]] DrawnResponse draw_response(
    const InverseCurve& time_of, const std::function<std::array<double, 2>(double)>& hazards,
    RandomStream random);

void order_by_time(std::vector<DrawnSpike>& spikes);

/// A dataset with the sessions, units and stimuli of `trials` and what was drawn for them, repeat
/// after repeat; bin_width > 0: counts in bins. Empties `draws` as it goes: the spikes are the most
/// of the memory.
[[nodiscard]] Dataset dataset_of(const Dataset& trials, std::vector<Draw>& draws, int repeats,
                                 double time_limit, double bin_width);

}  // namespace nnpoisson
