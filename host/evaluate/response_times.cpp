#include "evaluate/response_times.hpp"

#include <algorithm>
#include <numeric>

#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

ActionTimes action_times(std::size_t action, const std::vector<std::size_t>& trials,
                         const Dataset& data, const PredictedResponses& predicted) {
  ActionTimes result;
  const auto& grid = predicted.distribution.front().time;
  const auto count = static_cast<double>(trials.size());
  std::vector<double> times;
  result.predicted_cumulative.assign(grid.size(), 0);
  for (const auto n : trials) {
    if (data.responded(n) && data.action(n) == action) times.push_back(data.trial.response_time[n]);
    const auto& of_stimulus = predicted.distribution[predicted.of_trial[n]];
    const auto& incidence = action == 0 ? of_stimulus.left : of_stimulus.right;
    for (std::size_t k = 0; k < grid.size(); ++k)
      result.predicted_cumulative[k] += incidence[k] / count;
  }

  std::sort(times.begin(), times.end());
  result.answered = times.size();
  result.observed_probability = static_cast<double>(times.size()) / count;
  result.predicted_probability = result.predicted_cumulative.back();
  for (std::size_t q = 0; q < response_quantiles.size(); ++q) {
    result.observed_quantiles[q] = quantile(times, response_quantiles[q]);
    result.predicted_quantiles[q] = time_of(grid, result.predicted_cumulative,
                                            response_quantiles[q] * result.predicted_probability);
  }
  for (const double t : grid) {
    const auto answered = std::upper_bound(times.begin(), times.end(), t) - times.begin();
    result.observed_cumulative.push_back(static_cast<double>(answered) / count);
  }
  return result;
}

}  // namespace

double time_of(const std::vector<double>& time, const std::vector<double>& cumulative,
               double level) {
  const auto above = std::upper_bound(cumulative.begin(), cumulative.end(), level);
  if (above == cumulative.begin()) return time.front();
  if (above == cumulative.end()) return time.back();
  const auto k = static_cast<std::size_t>(above - cumulative.begin());
  return time[k - 1] + (time[k] - time[k - 1]) * (level - cumulative[k - 1]) /
                           (cumulative[k] - cumulative[k - 1]);
}

void evaluate_response_times(BehaviourEvaluation& behaviour, const Dataset& data,
                             const PredictedResponses& predicted, const Conditions& conditions) {
  behaviour.response_time_grid = predicted.distribution.front().time;
  const auto add = [&](const std::string& name, double axis,
                       const std::vector<std::size_t>& trials) {
    behaviour.response_times.push_back(
        {name,
         axis,
         trials.size(),
         {action_times(0, trials, data, predicted), action_times(1, trials, data, predicted)}});
  };
  std::vector<std::size_t> all(data.trials());
  std::iota(all.begin(), all.end(), std::size_t{0});
  add("all", not_a_number, all);
  for (const auto& condition : conditions.list)
    add(condition.name, condition.axis, condition.trials);
}

}  // namespace nnpoisson
