#include "sample/neuron_times.hpp"

#include <algorithm>

namespace nnpoisson {
namespace {

constexpr std::size_t grid_cells = 512, response_cells = 32;

double sum_of_products(std::span<const double> a, const double* b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

/// The cubic through two values and slopes, at a part u of the `width` between them.
struct Cubic {
  double width, rise, slope_0, slope_1;  // from 0 at the begin

  [[nodiscard]] Growth operator()(double time) const {
    const double u = time / width, secant = rise / width;
    const double a = slope_0 + slope_1 - 2 * secant, b = 3 * secant - 2 * slope_0 - slope_1;
    return {time * (slope_0 + u * (b + u * a)), slope_0 + u * (2 * b + 3 * u * a)};
  }
};

}  // namespace

NeuronTimes::NeuronTimes(const Model& model, std::span<const double> stimulus)
    : curves_(model, stimulus), limit_(model.time_limit) {
  for (std::size_t k = 0; k <= grid_cells; ++k) {
    const double time = limit_ * static_cast<double>(k) / grid_cells;
    const auto rise = curves_.rise(time), rate = curves_.rate(time);
    rows_ = rise.size();
    rise_.insert(rise_.end(), rise.begin(), rise.end());
    rate_.insert(rate_.end(), rate.begin(), rate.end());
  }

  const std::size_t K = curves_.log_prior().size();
  response_table_.assign(K, {});
  for (std::size_t k = 0; k <= response_cells; ++k) {
    const double time = limit_ * static_cast<double>(k) / response_cells;
    const auto total = curves_.cumulative_hazards(time), now = curves_.hazards(time);
    for (std::size_t node = 0; node < K; ++node)
      response_table_[node].push_back({total[node] + total[K + node], now[node] + now[K + node]});
  }
}

double NeuronTimes::total(std::size_t unit, double time, std::span<const double> rise) const {
  return sum_of_products(curves_.amplitudes(unit), rise.data()) + intensity_floor * time;
}

Growth NeuronTimes::at_grid(std::size_t unit, std::size_t cell) const {
  const auto amplitudes = curves_.amplitudes(unit);
  const double time = limit_ * static_cast<double>(cell) / grid_cells;
  return {sum_of_products(amplitudes, &rise_[cell * rows_]) + intensity_floor * time,
          sum_of_products(amplitudes, &rate_[cell * rows_]) + intensity_floor};
}

double NeuronTimes::time_of(std::size_t unit, double cumulative) const {
  std::size_t low = 0, high = grid_cells;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    const double total = sum_of_products(curves_.amplitudes(unit), &rise_[middle * rows_]) +
                         intensity_floor * limit_ * static_cast<double>(middle) / grid_cells;
    (total <= cumulative ? low : high) = middle;
  }

  const Growth begin = at_grid(unit, low), end = at_grid(unit, high);
  const double width = limit_ / grid_cells;
  const Cubic cubic{width, end.cumulative - begin.cumulative, begin.intensity, end.intensity};
  const InverseCurve inside([&cubic](double t) { return cubic(t); }, width,
                            {{0, begin.intensity}, {cubic.rise, end.intensity}});
  return limit_ * static_cast<double>(low) / grid_cells + inside(cumulative - begin.cumulative);
}

Growth NeuronTimes::response(std::size_t node, double time) const {
  const auto total = curves_.cumulative_hazards(time), now = curves_.hazards(time);
  const std::size_t K = response_table_.size();
  return {total[node] + total[K + node], now[node] + now[K + node]};
}

InverseCurve NeuronTimes::response_time(std::size_t node) const {
  return {[this, node](double time) { return response(node, time); }, limit_,
          response_table_[node]};
}

}  // namespace nnpoisson
