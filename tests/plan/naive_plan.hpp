#pragma once

#include "naive_network.hpp"
#include "nnpoisson/plan.hpp"

namespace nnpoisson::testing {

struct PlanSums {
  double neural = 0, left = 0, right = 0, total = 0;
};

/// A batch of a plan as plan.hpp words it, point by point.
inline PlanSums naive_sums(const Plan& plan, const Batch& batch, const NaiveNetwork& network) {
  std::array<double, 3> sums{};
  for (const auto& range : batch.tiles)
    for (auto t = range.first; t < range.end; ++t) {
      const Tile& tile = plan.tiles[t];
      for (std::size_t p = 0; p < tile.count; ++p) {
        const std::size_t point = tile.first_point + p;
        const auto features = static_cast<std::size_t>(plan.features);
        const std::span<const double> stimulus(
            plan.stimuli.data() + plan.stimulus[point] * features, features);
        const auto start = network.at(stimulus, plan.time[point]);
        const Plan::Interval interval = tile.reading == Reading::interval
                                            ? plan.interval[tile.first_interval + p]
                                            : Plan::Interval{};
        const auto end =
            tile.reading == Reading::interval ? network.at(stimulus, interval.end) : start;
        for (std::size_t c = 0; c < tile.columns; ++c) {
          const double weight = plan.weight[tile.first_weight + c * tile.count + p];
          const auto column = plan.column[tile.first_column + c];
          const bool neural = tile.term == Term::neural;
          const auto f = neural ? start.region[column] : start.action[column];
          const auto f_end = neural ? end.region[column] : end.action[column];
          auto& sum = sums[neural ? 0 : 1 + column];
          if (weight == 0) continue;
          if (tile.reading == Reading::value) sum += weight * f.f;
          if (tile.reading == Reading::rate) sum -= weight * std::log(f.rate + plan.eps);
          if (tile.reading == Reading::interval)
            sum -= weight * std::log((f_end.f - f.f) * interval.inverse_scale + interval.floor);
        }
      }
    }
  PlanSums made{batch.neural_scale * (sums[0] + batch.neural_constant),
                batch.action_scale * (sums[1] + batch.action_constant[0]),
                batch.action_scale * (sums[2] + batch.action_constant[1]), 0};
  made.total = made.neural + batch.action_weight * (made.left + made.right);
  return made;
}

}  // namespace nnpoisson::testing
