#pragma once

#include <array>
#include <vector>

#include "baselines/training_sets.hpp"

namespace nnpoisson {

/// What one training set holds of responses.
struct TrainingResponses {
  std::array<double, 2> answered{};  ///< left, right
  double time = 0;                   ///< s without a response, summed over trials

  [[nodiscard]] double share_of_left() const { return answered[0] / (answered[0] + answered[1]); }
};
/// [sets]
[[nodiscard]] std::vector<TrainingResponses> training_responses(const TrainingSets& sets);

[[nodiscard]] inline bool has_both_choices(const TrainingResponses& responses) {
  return responses.answered[0] > 0 && responses.answered[1] > 0;
}

}  // namespace nnpoisson
