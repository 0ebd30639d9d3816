#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "naive_network.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson::testing {

/// The sums of the two likelihoods as the documentation writes them: over trials, units and spikes,
/// one after the other. Nothing is merged, nothing precomputed. All are minus log-likelihoods
/// without the divisor of a batch.
class DirectLikelihood {
 public:
  DirectLikelihood(const Dataset& data, const NaiveNetwork& network, Preset preset, NeuralTime time)
      : data_(data),
        network_(network),
        exact_(preset == Preset::exact),
        scaled_(!exact_ || time == NeuralTime::scaled) {}

  /// Spikes or counts and exposure of one region; region < 0: of all.
  [[nodiscard]] double neural(std::span<const std::int32_t> trials,
                              std::int32_t region = -1) const {
    double sum = 0;
    for (const auto n : trials)
      for (std::size_t u = 0; u < data_.units(); ++u)
        if (data_.unit.session[u] == data_.trial.session[size(n)] &&
            (region < 0 || data_.unit.region[u] == region))
          sum -= unit(size(n), static_cast<std::int32_t>(u));
    return sum;
  }

  /// Left, right.
  [[nodiscard]] std::array<double, 2> actions(std::span<const std::int32_t> trials) const {
    std::array<double, 2> sums{};
    for (const auto number : trials) {
      const auto n = size(number);
      const double W = data_.time_limit, T = data_.trial.observed_until[n],
                   r = data_.trial.response_time[n], kappa = W / T;
      for (std::size_t a = 0; a < 2; ++a) {
        const auto b = [&](double t) { return network_.at(stimulus(n), t).action[a]; };
        if (data_.trial.choice[n] == (a == 0 ? 1 : -1) && r <= W)
          sums[a] -= std::log(b(exact_ ? r : kappa * r).rate + eps);
        sums[a] += exact_ ? b(T).f - b(0).f + eps * T : b(kappa * W).f / kappa;
      }
    }
    return sums;
  }

 private:
  static constexpr double eps = 1e-5;
  static std::size_t size(std::int32_t n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] std::span<const double> stimulus(std::size_t n) const {
    return {data_.trial.stimulus.data() + n * data_.features(), data_.features()};
  }

  /// Log-likelihood of one unit in one trial.
  [[nodiscard]] double unit(std::size_t n, std::int32_t u) const {
    const double T = data_.trial.observed_until[n], kappa = scaled_ ? data_.time_limit / T : 1;
    const auto z = [&](double t) {
      return network_.at(stimulus(n), kappa * t).region[size(data_.unit.region[size(u)])];
    };
    const auto Lambda = [&](double t) {
      return exact_ ? (z(t).f - z(0).f) / kappa + eps * t : z(t).f / kappa;
    };
    double sum = -Lambda(T);
    if (data_.binned()) {
      for (auto i = data_.count.offset[n]; i < data_.count.offset[n + 1]; ++i) {
        const auto k = static_cast<std::size_t>(i);
        if (data_.count.unit[k] != u) continue;
        const double t = data_.bin_width * data_.count.bin[k];
        sum += data_.count.value[k] * std::log(Lambda(t + data_.bin_width) - Lambda(t));
        for (int y = 2; y <= data_.count.value[k]; ++y) sum -= std::log(y);
      }
    } else {
      for (auto i = data_.spike.offset[n]; i < data_.spike.offset[n + 1]; ++i)
        if (data_.spike.unit[static_cast<std::size_t>(i)] == u)
          sum += std::log(z(data_.spike.time[static_cast<std::size_t>(i)]).rate + eps);
    }
    return sum;
  }

  const Dataset& data_;
  const NaiveNetwork& network_;
  bool exact_, scaled_;
};

}  // namespace nnpoisson::testing
