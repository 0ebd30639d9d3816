#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "baselines/behaviour_baselines.hpp"
#include "baselines/linear_predictor.hpp"

namespace nnpoisson {
namespace {

constexpr double log_root_2pi = 0.91893853320467274178;

/// log of the normal distribution's upper tail.
double log_tail(double z) {
  if (z < 25) return std::log(0.5 * std::erfc(z / std::numbers::sqrt2));
  const double q = 1 / (z * z);  // erfc nears underflow: its asymptotic series
  return -z * z / 2 - std::log(z) - log_root_2pi + std::log1p(q * (-1 + q * (3 - 15 * q)));
}

/// Density over upper tail.
double mills(double z) {
  return std::exp(-z * z / 2 - log_root_2pi - log_tail(z));
}

/// One of the two racers on one training set.
struct Racer {
  const TrainingSets& sets;
  std::size_t set, action;

  /// It is the one that answered trial n.
  [[nodiscard]] bool finished(std::size_t n) const {
    const Dataset& data = *sets.trials.data;
    return data.responded(n) && data.action(n) == action;
  }
};

/// Parameters are g and, the last one, the precision.
Concave race_at(const Racer& racer, const std::vector<double>& w, double ridge) {
  const Dataset& data = *racer.sets.trials.data;
  const std::size_t size = w.size(), p = size - 1;
  const double precision = w[p];
  Concave result(size);
  if (!(precision > 0)) {
    result.value = -std::numeric_limits<double>::infinity();
    return result;
  }

  for_each_trial(racer.sets, racer.set, [&](std::size_t n, std::span<const double> stimulus) {
    const bool finished = racer.finished(n);
    const double y = std::log(data.waited(n)), z = precision * y - linear(w, stimulus);
    result.value += finished ? std::log(precision) - z * z / 2 - log_root_2pi - y : log_tail(z);

    // d value / dz and minus its derivative.
    const double hazard = finished ? 0 : mills(z);
    const double slope = finished ? -z : -hazard, bend = finished ? 1 : hazard * (hazard - z);
    result.gradient[0] -= slope;
    for (std::size_t f = 0; f < stimulus.size(); ++f) result.gradient[1 + f] -= slope * stimulus[f];
    result.gradient[p] += slope * y + (finished ? 1 / precision : 0);

    add_square(result, stimulus, bend);
    result.curvature[p * size] -= bend * y;
    for (std::size_t f = 0; f < stimulus.size(); ++f)
      result.curvature[p * size + 1 + f] -= bend * y * stimulus[f];
    result.curvature[p * size + p] += bend * y * y + (finished ? 1 / (precision * precision) : 0);
  });
  add_ridge(result, w, ridge);
  return result;
}

LogNormalRacer fit_racer(const Racer& racer, double ridge, const Workers& workers) {
  const Dataset& data = *racer.sets.trials.data;
  const std::size_t features = racer.sets.trials.stimulus.front().size();

  // From the mean and the spread of its own log times, without the stimulus.
  double events = 0, sum = 0, squares = 0;
  for_each_trial(racer.sets, racer.set, [&](std::size_t n, std::span<const double>) {
    if (!racer.finished(n)) return;
    const double y = std::log(data.trial.response_time[n]);
    events += 1, sum += y, squares += y * y;
  });
  if (events == 0) return {std::vector<double>(1 + features), 0};
  const double mean = sum / events, variance = std::max(squares / events - mean * mean, 1e-4);
  std::vector<double> start(features + 2);
  start.back() = 1 / std::sqrt(variance);
  start.front() = mean * start.back();

  auto w = maximise(
      start, [&](const std::vector<double>& at) { return race_at(racer, at, ridge); },
      "log-normal race", workers);
  const double precision = w.back();
  w.pop_back();
  return {std::move(w), precision};
}

}  // namespace

std::vector<std::array<LogNormalRacer, 2>> fit_race(const TrainingSets& sets, double ridge,
                                                    Workers& workers) {
  std::vector<std::array<LogNormalRacer, 2>> fits(sets.sets);
  workers.for_each(
      "log-normal race: fits", sets.sets * 2,
      [&](std::size_t k) {
        const std::size_t set = k / 2, action = k % 2;
        fits[set][action] = fit_racer({sets, set, action}, ridge, workers);
      },
      1);
  return fits;
}

double race_log_density(const LogNormalRacer& racer, std::span<const double> stimulus,
                        double time) {
  const double z = racer.precision * std::log(time) - linear(racer.g, stimulus);
  return std::log(racer.precision / time) - z * z / 2 - log_root_2pi;
}

double race_log_survival(const LogNormalRacer& racer, std::span<const double> stimulus,
                         double time) {
  return racer.precision > 0
             ? log_tail(racer.precision * std::log(time) - linear(racer.g, stimulus))
             : 0;
}

}  // namespace nnpoisson
