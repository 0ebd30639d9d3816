#include <algorithm>
#include <utility>

#include "nnpoisson/baselines.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {

TrainingSets fit_elsewhere(BaselineTrials training, const BaselineTrials& evaluated) {
  return {std::move(training), {}, std::vector<std::size_t>(evaluated.stimulus.size(), 0), 1};
}

TrainingSets cross_validate(const BaselineTrials& evaluated, std::size_t folds, std::uint64_t seed) {
  const Dataset& data = *evaluated.data;
  if (folds < 2 || folds > data.trials())
    throw UsageError("folds: " + std::to_string(folds) + " of " + std::to_string(data.trials()) +
                     " trials; at least 2 are needed, and a trial for each");
  std::vector<std::vector<std::size_t>> of_session(data.sessions());
  for (std::size_t n = 0; n < data.trials(); ++n) of_session[static_cast<std::size_t>(data.trial.session[n])].push_back(n);
  std::vector<std::size_t> fold(data.trials());
  std::size_t next = 0;  // goes on from session to session, so that folds differ by one trial at most
  for (std::size_t session = 0; session < of_session.size(); ++session) {
    auto& trials = of_session[session];
    RandomStream random(seed, Purpose::folds, session);
    for (std::size_t i = 0; i < trials.size(); ++i) {
      std::swap(trials[i], trials[i + random.below(trials.size() - i)]);
      fold[trials[i]] = next++ % folds;
    }
  }
  return {evaluated, fold, fold, folds};
}

}  // namespace nnpoisson
