#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// What a dataset holds, in numbers.
struct DatasetSummary {
  struct Session {
    std::string name;
    std::size_t trials = 0, units = 0;
    std::int64_t spikes = 0;
  };
  struct Region {
    std::string name;
    std::size_t units = 0;
    std::size_t sessions = 0, trials = 0;  ///< that have units of the region
    std::int64_t spikes = 0;
    double exposure = 0;  ///< s, summed over units and their trials
    double rate = 0;      ///< Hz for each unit; NaN without exposure
  };
  struct Feature {
    std::string name;
    double smallest = 0, largest = 0, mean = 0;
    std::size_t distinct = 0;
  };

  double time_limit = 0, bin_width = 0;  ///< s
  std::size_t trials = 0, units = 0;
  std::int64_t spikes = 0;
  double observed_time = 0;         ///< s, summed over trials
  std::size_t left = 0, right = 0;  ///< answered inside the window
  /// Choice known, but answered after time_limit or at an unknown time.
  std::size_t left_later = 0, right_later = 0;
  std::size_t unanswered = 0;  ///< choice 0
  /// s, of the answers inside the window; NaN if there is none.
  double first_response = 0, mean_response = 0, last_response = 0;
  std::size_t distinct_stimuli = 0;
  std::vector<Session> session;
  std::vector<Region> region;  ///< file order
  std::vector<Feature> feature;
};

[[nodiscard]] DatasetSummary summarise(const Dataset& data);

}  // namespace nnpoisson
