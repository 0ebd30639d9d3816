#include "baselines/training_sets.hpp"

#include <utility>

#include "nnpoisson/folds.hpp"

namespace nnpoisson {

TrainingSets fit_elsewhere(BaselineTrials training, const BaselineTrials& evaluated) {
  return {std::move(training), {}, std::vector<std::size_t>(evaluated.stimulus.size(), 0), 1};
}

TrainingSets cross_validate(const BaselineTrials& evaluated, std::size_t folds,
                            std::uint64_t seed) {
  const auto drawn = trial_folds(*evaluated.data, static_cast<int>(folds), seed);
  const std::vector<std::size_t> fold(drawn.begin(), drawn.end());
  return {evaluated, fold, fold, folds};
}

}  // namespace nnpoisson
