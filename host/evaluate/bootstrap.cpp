#include "evaluate/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "evaluate/statistics.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {

std::vector<Estimate> bootstrap(const std::string& what, const Dataset& data,
                                const EvaluationOptions& options, std::size_t count,
                                const TrialStatistics& statistics, Workers& workers) {
  std::vector<double> values(count), drawn(options.resamples * count);
  statistics(std::vector<double>(data.trials(), 1), values);

  const auto of_session = trials_by_session(data);
  workers.for_each(what + ": resamples", options.resamples, [&](std::size_t b) {
    RandomStream random(options.seed, Purpose::bootstrap, b);
    std::vector<double> weight(data.trials());
    for (const auto& trials : of_session)
      for (std::size_t i = 0; i < trials.size(); ++i)
        weight[trials[random.below(trials.size())]] += 1;
    statistics(weight, std::span(drawn).subspan(b * count, count));
  });

  std::vector<Estimate> estimates(count);
  workers.for_each(what + ": intervals", count, [&](std::size_t k) {
    std::vector<double> of_one;
    for (std::size_t b = 0; b < options.resamples; ++b)
      if (std::isfinite(drawn[b * count + k])) of_one.push_back(drawn[b * count + k]);
    std::sort(of_one.begin(), of_one.end());
    estimates[k] = {values[k], {quantile(of_one, 0.025), quantile(of_one, 0.975)}};
  });
  return estimates;
}

}  // namespace nnpoisson
