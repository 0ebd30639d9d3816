#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "baselines/newton.hpp"
#include "nnpoisson/baselines.hpp"

namespace nnpoisson {
namespace {

double linear(std::span<const double> w, std::span<const double> stimulus) {
  return std::inner_product(stimulus.begin(), stimulus.end(), w.begin() + 1, w[0]);
}

/// Adds weight x x' to the lower triangle of the first rows, x = (1, stimulus).
void add_square(Concave& to, std::size_t size, std::span<const double> stimulus, double weight) {
  const auto x = [&](std::size_t i) { return i == 0 ? 1 : stimulus[i - 1]; };
  for (std::size_t i = 0; i <= stimulus.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) to.curvature[i * size + j] += weight * x(i) * x(j);
}

/// On all parameters but the first.
void add_ridge(Concave& to, const std::vector<double>& w, double ridge) {
  const std::size_t size = w.size();
  for (std::size_t i = 1; i < size; ++i) {
    to.value -= ridge / 2 * w[i] * w[i];
    to.gradient[i] -= ridge * w[i];
    to.curvature[i * size + i] += ridge;
  }
}

Concave zero(std::size_t size) {
  return {0, std::vector<double>(size), std::vector<double>(size * size)};
}

/// visit(trial, its stimulus) for the trials of a set.
template <class Visit>
void for_each_trial(const TrainingSets& sets, std::size_t set, const Visit& visit) {
  for (std::size_t n = 0; n < sets.trials.stimulus.size(); ++n)
    if (sets.left_out_fold.empty() || sets.left_out_fold[n] != set)
      visit(n, std::span<const double>(sets.trials.stimulus[n]));
}

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

/// One racer on one set: parameters are g and the precision. `left`: which action it is.
Concave race_at(const TrainingSets& sets, std::size_t set, bool left, const std::vector<double>& w,
                double ridge) {
  const Dataset& data = *sets.trials.data;
  const std::size_t size = w.size(), p = size - 1;
  const double precision = w[p];
  Concave result = zero(size);
  if (!(precision > 0)) {
    result.value = -std::numeric_limits<double>::infinity();
    return result;
  }
  for_each_trial(sets, set, [&](std::size_t n, std::span<const double> stimulus) {
    const bool finished = data.responded(n) && (data.trial.choice[n] > 0) == left;
    const double y = std::log(data.waited(n)), z = precision * y - linear(w, stimulus);
    // d value / dz and minus its derivative.
    const double hazard = finished ? 0 : mills(z);
    const double slope = finished ? -z : -hazard, bend = finished ? 1 : hazard * (hazard - z);
    result.value += finished ? std::log(precision) - z * z / 2 - log_root_2pi - y : log_tail(z);
    result.gradient[0] -= slope;
    for (std::size_t f = 0; f < stimulus.size(); ++f) result.gradient[1 + f] -= slope * stimulus[f];
    result.gradient[p] += slope * y + (finished ? 1 / precision : 0);
    add_square(result, size, stimulus, bend);
    result.curvature[p * size] -= bend * y;
    for (std::size_t f = 0; f < stimulus.size(); ++f)
      result.curvature[p * size + 1 + f] -= bend * y * stimulus[f];
    result.curvature[p * size + p] += bend * y * y + (finished ? 1 / (precision * precision) : 0);
  });
  add_ridge(result, w, ridge);
  return result;
}

LogNormalRacer fit_racer(const TrainingSets& sets, std::size_t set, bool left, double ridge) {
  const Dataset& data = *sets.trials.data;
  const std::size_t features = sets.trials.stimulus.front().size();
  double events = 0, sum = 0, squares = 0;
  for_each_trial(sets, set, [&](std::size_t n, std::span<const double>) {
    if (!data.responded(n) || (data.trial.choice[n] > 0) != left) return;
    const double y = std::log(data.trial.response_time[n]);
    events += 1, sum += y, squares += y * y;
  });
  if (events == 0) return {std::vector<double>(1 + features), 0};
  const double mean = sum / events, variance = std::max(squares / events - mean * mean, 1e-4);
  std::vector<double> start(features + 2);
  start.back() = 1 / std::sqrt(variance);
  start.front() = mean * start.back();
  auto w = maximise(
      start, [&](const std::vector<double>& at) { return race_at(sets, set, left, at, ridge); },
      "log-normal race");
  const double precision = w.back();
  w.pop_back();
  return {std::move(w), precision};
}

}  // namespace

double logistic_probability(std::span<const double> coefficients,
                            std::span<const double> stimulus) {
  return 1 / (1 + std::exp(-linear(coefficients, stimulus)));
}

std::vector<std::vector<double>> fit_logistic(const TrainingSets& sets, double ridge) {
  const Dataset& data = *sets.trials.data;
  const std::size_t features = sets.trials.stimulus.front().size(), size = 1 + features;
  std::vector<std::vector<double>> fits;
  for (std::size_t set = 0; set < sets.sets; ++set) {
    const auto at = [&](const std::vector<double>& w) {
      Concave result = zero(size);
      for_each_trial(sets, set, [&](std::size_t n, std::span<const double> stimulus) {
        if (!data.responded(n)) return;
        const double eta = linear(w, stimulus), toward = data.trial.choice[n] > 0 ? eta : -eta;
        result.value -= std::max(-toward, 0.0) + std::log1p(std::exp(-std::abs(toward)));
        const double p = logistic_probability(w, stimulus),
                     rest = (data.trial.choice[n] > 0 ? 1 : 0) - p;
        result.gradient[0] += rest;
        for (std::size_t f = 0; f < features; ++f) result.gradient[1 + f] += rest * stimulus[f];
        add_square(result, size, stimulus, p * (1 - p));
      });
      add_ridge(result, w, ridge);
      return result;
    };
    fits.push_back(maximise(std::vector<double>(size), at, "logistic regression"));
  }
  return fits;
}

std::vector<std::array<LogNormalRacer, 2>> fit_race(const TrainingSets& sets, double ridge) {
  std::vector<std::array<LogNormalRacer, 2>> fits;
  for (std::size_t set = 0; set < sets.sets; ++set)
    fits.push_back({fit_racer(sets, set, true, ridge), fit_racer(sets, set, false, ridge)});
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
