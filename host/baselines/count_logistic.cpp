#include "baselines/count_logistic.hpp"

#include <algorithm>
#include <cmath>

#include "baselines/lbfgs.hpp"
#include "baselines/linear_predictor.hpp"
#include "data/trial_events.hpp"

namespace nnpoisson {

double log_logistic(double x) {
  return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x)));
}

double best_ridge(std::span<const RidgeTrial> tried) {
  return std::ranges::max_element(tried, {}, &RidgeTrial::log_likelihood)->ridge;
}

ColumnCounts column_counts(const BaselineTrials& trials, std::size_t columns) {
  const Dataset& data = *trials.data;
  ColumnCounts counts{SessionUnits(data, trials.column), columns, {}};
  counts.count.resize(counts.units.cells());
  for (std::size_t n = 0; n < data.trials(); ++n)
    for_each_event(data, n, [&](double, std::size_t unit, std::int32_t count, std::size_t) {
      counts.count[counts.units.cell(n, unit)] += count;
    });
  return counts;
}

CountLogistic::CountLogistic(const BaselineTrials& trials, const ColumnCounts& counts,
                             const std::vector<std::size_t>& fitted, double stimulus_ridge,
                             double ridge, const Workers& workers)
    : mean_(counts.columns), scale_(counts.columns) {
  const Dataset& data = *trials.data;
  const std::size_t columns = counts.columns;
  std::vector<double> seen(columns), squares(columns);
  for (const auto n : fitted)
    counts.each(n, [&](std::size_t c, double count) {
      seen[c] += 1;
      mean_[c] += count;
      squares[c] += count * count;
    });
  for (std::size_t c = 0; c < columns; ++c) {
    if (seen[c] == 0) continue;
    mean_[c] /= seen[c];
    const double variance = squares[c] / seen[c] - mean_[c] * mean_[c];
    if (variance > 1e-12 * squares[c] / seen[c]) scale_[c] = 1 / std::sqrt(variance);
  }

  const std::size_t first = 1 + data.features();
  const auto loss = [&](const std::vector<double>& w) {
    weights_ = w;
    Smooth here{0, std::vector<double>(w.size())};
    for (std::size_t i = 1; i < w.size(); ++i) {
      const double penalty = i < first ? stimulus_ridge : ridge;
      here.value += penalty / 2 * w[i] * w[i];
      here.gradient[i] = penalty * w[i];
    }
    for (const auto n : fitted) {
      if (!data.responded(n)) continue;
      const double sign = data.action(n) == 0 ? 1 : -1;
      const double toward = sign * log_odds(trials.stimulus[n], counts, n);
      here.value -= log_logistic(toward);
      const double pull = -sign / (1 + std::exp(toward));
      here.gradient[0] += pull;
      for (std::size_t f = 0; f + 1 < first; ++f)
        here.gradient[1 + f] += pull * trials.stimulus[n][f];
      counts.each(n, [&](std::size_t c, double count) {
        here.gradient[first + c] += pull * (count - mean_[c]) * scale_[c];
      });
    }
    return here;
  };
  constexpr int steps = 300;
  weights_ = minimise(std::vector<double>(first + columns), loss, steps, workers);
}

double CountLogistic::log_odds(std::span<const double> stimulus, const ColumnCounts& counts,
                               std::size_t trial) const {
  double sum = linear(weights_, stimulus);
  const double* v = &weights_[1 + stimulus.size()];
  counts.each(trial,
              [&](std::size_t c, double count) { sum += v[c] * (count - mean_[c]) * scale_[c]; });
  return sum;
}

std::vector<RidgeTrial> cross_validate_counts(const BaselineTrials& trials,
                                              const ColumnCounts& counts,
                                              std::span<const std::int32_t> fold,
                                              double stimulus_ridge, std::span<const double> ridges,
                                              Workers& workers) {
  const Dataset& data = *trials.data;
  const auto folds = static_cast<std::size_t>(*std::ranges::max_element(fold)) + 1;
  std::vector<double> value(ridges.size() * folds);
  const auto judge = [&](std::size_t i) {
    const auto out = static_cast<std::int32_t>(i % folds);
    std::vector<std::size_t> fitted;
    for (std::size_t n = 0; n < fold.size(); ++n)
      if (fold[n] != out && data.responded(n)) fitted.push_back(n);
    const CountLogistic fit(trials, counts, fitted, stimulus_ridge, ridges[i / folds], workers);
    for (std::size_t n = 0; n < fold.size(); ++n) {
      if (fold[n] != out || !data.responded(n)) continue;
      const double odds = fit.log_odds(trials.stimulus[n], counts, n);
      value[i] += log_logistic(data.action(n) == 0 ? odds : -odds);
    }
  };
  workers.for_each("logistic regression on counts: folds", value.size(), judge, 1);

  std::vector<RidgeTrial> tried;
  for (std::size_t r = 0; r < ridges.size(); ++r) {
    tried.push_back({ridges[r], 0});
    for (std::size_t k = 0; k < folds; ++k) tried[r].log_likelihood += value[r * folds + k];
  }
  return tried;
}

}  // namespace nnpoisson
