#include "nnpoisson/folds.hpp"

#include <string>
#include <utility>

#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {

std::vector<std::int32_t> trial_folds(const Dataset& data, int folds, std::uint64_t seed) {
  if (folds < 2 || static_cast<std::size_t>(folds) > data.trials())
    throw UsageError("folds: " + std::to_string(folds) + " of " + std::to_string(data.trials()) +
                     " trials; at least 2 are needed, and a trial for each");

  auto of_session = trials_by_session(data);
  std::vector<std::int32_t> fold(data.trials());
  // Goes on from session to session, so that no fold is always the shorter one.
  std::int32_t next = 0;
  for (std::size_t session = 0; session < of_session.size(); ++session) {
    auto& trials = of_session[session];
    RandomStream random(seed, Purpose::folds, session);
    for (std::size_t i = trials.size(); i > 0; --i) {
      std::swap(trials[i - 1], trials[random.below(i)]);
      fold[trials[i - 1]] = next++ % folds;
    }
  }
  return fold;
}

}  // namespace nnpoisson
