#include "baselines/spike_means.hpp"

#include <algorithm>
#include <cmath>

#include "data/trial_events.hpp"

namespace nnpoisson {

SpikeMeans spike_means(const IntensityModel& model, const SessionUnits& units,
                       const std::string& phase, Workers& workers) {
  const Dataset& data = units.data();
  SpikeMeans means{std::vector<double>(units.cells()), std::vector<double>(units.cells())};
  const auto judge = [&](std::size_t n) {
    const auto intensity = model.trial(n);
    const double until = data.trial.observed_until[n];
    for (const auto u : units.of_trial(n).unit)
      means.totals[units.cell(n, u)] = intensity->at(units.column()[u], until).cumulative;

    for_each_event(data, n, [&](double time, std::size_t u, std::int32_t count, std::size_t at) {
      const std::size_t column = units.column()[u];
      double& points = means.points[units.cell(n, u)];
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
  workers.for_each(phase, data.trials(), judge, 1);
  return means;
}

}  // namespace nnpoisson
