#include "evaluate/training_responses.hpp"

namespace nnpoisson {

std::vector<TrainingResponses> training_responses(const TrainingSets& sets) {
  const Dataset& data = *sets.trials.data;
  std::vector<TrainingResponses> responses(sets.sets);
  for (std::size_t set = 0; set < sets.sets; ++set)
    for (std::size_t n = 0; n < data.trials(); ++n) {
      if (!sets.holds(set, n)) continue;
      if (data.responded(n)) responses[set].answered[data.action(n)] += 1;
      responses[set].time += data.waited(n);
    }
  return responses;
}

}  // namespace nnpoisson
