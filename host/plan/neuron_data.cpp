#include <algorithm>
#include <cmath>

#include "nnpoisson/neuron_plan.hpp"
#include "plan/partition.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

/// n numbers from 0 to 1.
double even(std::size_t i, std::size_t n) {
  return static_cast<double>(i) / static_cast<double>(n - 1);
}

/// The q-quantile of ascending values, interpolated between neighbours.
double quantile(const Numbers& values, double q) {
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

/// Ends of the features' tiles: even, or half of them where trials end.
Numbers edges(std::size_t width, bool by_ends, Numbers ends) {
  Numbers edge;
  for (std::size_t k = 0; k <= width; ++k) edge.push_back(-0.1 + 1.2 * even(k, width + 1));
  if (!by_ends || width < 3) return edge;

  std::ranges::sort(ends);
  Numbers together;
  for (std::size_t i = 0; i < 400; ++i) together.push_back(even(i, 400));
  for (std::size_t i = 0; i < 800; ++i) together.push_back(quantile(ends, even(i, 800)));
  std::ranges::sort(together);
  for (std::size_t k = 1; k < width; ++k) edge[k] = quantile(together, even(k - 1, width - 1));
  return edge;
}

void place_features(NeuronConstants& constants, const Numbers& edge) {
  for (std::size_t k = 0; k + 1 < edge.size(); ++k) {
    constants.centre.push_back((edge[k + 1] + edge[k]) / 2);
    constants.spacing.push_back(std::max(edge[k + 1] - edge[k], 0.02));
    constants.weight.push_back(constants.spacing.back() / 2);
  }
  constants.weight.push_back(0.5);
}

/// Mean and 1 / deviation of each stimulus feature.
void standardise(NeuronConstants& constants, const Dataset& data,
                 std::span<const std::int32_t> trials) {
  for (std::size_t f = 0; f < data.features(); ++f) {
    Numbers values;
    for (const auto n : trials)
      values.push_back(data.trial.stimulus[static_cast<std::size_t>(n) * data.features() + f]);
    const auto count = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (const double v : values) mean += v / count;
    for (const double v : values) squares += (v - mean) * (v - mean) / count;
    const auto [least, most] = std::ranges::minmax(values);
    constants.mean.push_back(mean);
    constants.scale.push_back(most > least ? 1 / std::sqrt(squares) : 0);
  }
}

/// Rates of the units and the actions: half an event more than there was, over the seconds.
void measure_rates(NeuronConstants& constants, const Dataset& data,
                   std::span<const std::int32_t> trials) {
  Numbers seconds(data.sessions()), events(data.units());
  double waited = 0;
  std::array<double, 2> responses{};
  for (const auto number : trials) {
    const auto n = static_cast<std::size_t>(number);
    const bool responded = data.responded(n);
    seconds[static_cast<std::size_t>(data.trial.session[n])] += data.trial.observed_until[n];
    waited += responded ? data.trial.response_time[n] : data.trial.observed_until[n];
    if (responded) ++responses[data.action(n)];

    const auto& offset = data.binned() ? data.count.offset : data.spike.offset;
    const auto& unit = data.binned() ? data.count.unit : data.spike.unit;
    for (auto i = offset[n]; i < offset[n + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      events[static_cast<std::size_t>(unit[at])] += data.binned() ? data.count.value[at] : 1;
    }
  }

  for (std::size_t u = 0; u < data.units(); ++u) {
    // A session without trials says nothing of its units: any rate will do.
    const double observed = seconds[static_cast<std::size_t>(data.unit.session[u])];
    constants.rate.push_back((events[u] + added_events) / (observed > 0 ? observed : 1));
  }
  for (std::size_t a = 0; a < 2; ++a) constants.hazard[a] = (responses[a] + added_events) / waited;
}

}  // namespace

NeuronData neuron_data(const Dataset& data, NeuronShape shape,
                       std::span<const std::int32_t> trials) {
  const auto all = all_trials(data);
  if (trials.empty()) trials = all;

  Numbers ends;
  bool responded = false;
  for (const auto number : trials) {
    const auto n = static_cast<std::size_t>(number);
    ends.push_back(std::min(data.trial.observed_until[n] / data.time_limit, 1.0));
    responded = responded || data.responded(n);
  }

  shape.features = static_cast<int>(data.features());
  shape.regions = static_cast<int>(data.regions());
  shape.unit_session = data.unit.session;
  shape.unit_region = data.unit.region;
  if (shape.width == 0) shape.width = responded ? 20 : 10;
  if (!shape.shared_gain) shape.nodes = 1;

  NeuronConstants constants;
  place_features(constants, edges(static_cast<std::size_t>(shape.width), responded, ends));
  standardise(constants, data, trials);
  measure_rates(constants, data, trials);
  return {std::move(shape), std::move(constants)};
}

}  // namespace nnpoisson
