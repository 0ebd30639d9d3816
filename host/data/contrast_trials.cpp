#include "data/contrast_trials.hpp"

#include <cmath>

#include "data/missing.hpp"

namespace nnpoisson {

RecordedTrials contrast_trials(const NpyArray& left, const NpyArray& right, const NpyArray& choice,
                               const NpyArray& response, std::span<const double> onset) {
  RecordedTrials trials;
  trials.stimulus_names = {"contrast_left", "contrast_right"};
  for (std::size_t n = 0; n < onset.size(); ++n) {
    for (const NpyArray* side : {&left, &right}) {
      trials.stimulus.push_back(side->real(n));
      if (!std::isfinite(trials.stimulus.back())) side->refuse(n, "is not finite");
    }
    trials.choice.push_back(side_of(choice, n));
    // Without a choice, the array holds when the trial ended.
    trials.response_time.push_back(trials.choice[n] == 0 ? missing : response.real(n) - onset[n]);
    if (std::isinf(trials.response_time[n]))
      response.refuse(n, "must be finite, or NaN where there was no response");
  }
  return trials;
}

}  // namespace nnpoisson
