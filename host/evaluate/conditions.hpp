#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "evaluate/predicted_responses.hpp"
#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// Trials of like stimuli.
struct Condition {
  std::string name;
  double axis = 0;  ///< mean over the trials
  std::vector<std::size_t> trials;
};

/// A dataset's trials along one axis of its stimuli, all of them in ascending order of it.
struct Conditions {
  std::string axis;  ///< in words
  std::vector<Condition> list;
};

/// The axis is the first of these that the names of the features allow, where "x=1", "x=2" are one
/// feature x: left less right, of two features whose names differ in that word; the one feature
/// that varies; the stimuli's number where at most 32 differ, a condition each; the predicted share
/// of left. Up to 12 values of the others are a condition each; more are cut into eight of about
/// equal numbers of trials.
[[nodiscard]] Conditions stimulus_conditions(const Dataset& data,
                                             const PredictedResponses& predicted);

}  // namespace nnpoisson
