#include "baselines/spike_means.hpp"

#include <algorithm>
#include <cmath>

#include "data/trial_events.hpp"

namespace nnpoisson {

SpikeMeans spike_means(const IntensityModel& model, const BaselineTrials& trials,
                       const std::string& phase, Workers& workers) {
  const Dataset& data = *trials.data;
  const std::size_t T = data.trials(), U = data.units();
  SpikeMeans means{std::vector<double>(T * U), std::vector<double>(T * U)};
  const auto judge = [&](std::size_t n) {
    const auto intensity = model.trial(n);
    const double until = data.trial.observed_until[n];
    for (std::size_t u = 0; u < U; ++u)
      if (data.unit.session[u] == data.trial.session[n])
        means.totals[n * U + u] = intensity->at(trials.column[u], until).cumulative;

    for_each_event(data, n, [&](double time, std::size_t u, std::int32_t count, std::size_t at) {
      const std::size_t column = trials.column[u];
      double& points = means.points[n * U + u];
      if (!data.binned()) {
        points += std::log(intensity->at(column, time).intensity);
        return;
      }
      const double begin = data.count.bin[at] * data.bin_width;
      const double end = std::min(begin + data.bin_width, until);
      const double expected =
          intensity->at(column, end).cumulative - intensity->at(column, begin).cumulative;
      points += count * std::log(expected) - std::lgamma(count + 1.0);
    });
  };
  workers.for_each(phase, T, judge, 1);
  return means;
}

}  // namespace nnpoisson
