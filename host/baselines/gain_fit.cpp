#include "baselines/gain_fit.hpp"

#include <algorithm>
#include <cmath>

#include "curves/gain_terms.hpp"
#include "curves/log_sum.hpp"
#include "model/gain_start.hpp"
#include "nnpoisson/neurons.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t bumps = formulas::drift_bumps;

/// log of the drift's factor of unit u in trial n; `d`: [units x bumps].
double log_drift_of(const GainData& data, const double* d, std::size_t n, std::size_t u) {
  double sum = 0;
  for (std::size_t j = 0; j < bumps; ++j) sum += d[u * bumps + j] * data.bumps[n * bumps + j];
  return sum;
}

}  // namespace

/// What all trials share at some parameters.
struct GainLoss::Shared {
  std::vector<double> gain;  // [units x K]
};

GainLoss::GainLoss(const GainData& data, std::vector<double> nodes)
    : data_(data), nodes_(std::move(nodes)) {}

Smooth GainLoss::at(const std::vector<double>& x, Workers& workers) const {
  const std::size_t U = data_.units, K = nodes_.size();
  Shared shared{std::vector<double>(U * K)};
  for (std::size_t u = 0; u < U; ++u)
    for (std::size_t k = 0; k < K; ++k)
      shared.gain[u * K + k] = std::exp(formulas::log_gain(x[u], nodes_[k]));

  // Always the same blocks, so that the sums do not depend on the number of threads.
  constexpr std::size_t blocks = 8;
  std::vector<Smooth> part(blocks, Smooth{0, std::vector<double>(x.size())});
  const auto add_block = [&](std::size_t b) {
    for (std::size_t n = b; n < data_.trials(); n += blocks) add_trial(n, x, shared, part[b]);
  };
  workers.share(blocks, add_block, 1);

  Smooth sum{0, std::vector<double>(x.size())};
  for (const auto& p : part) {
    sum.value += p.value;
    for (std::size_t i = 0; i < x.size(); ++i) sum.gradient[i] += p.gradient[i];
  }
  add_penalty(x, sum);
  return sum;
}

void GainLoss::add_trial(std::size_t n, const std::vector<double>& x, const Shared& shared,
                         Smooth& to) const {
  const std::size_t U = data_.units, K = nodes_.size();
  const double* d = &x[2 * U];
  std::vector<double> value(K, -std::log(static_cast<double>(K)));
  for (std::size_t u = 0; u < U; ++u) {
    const std::size_t cell = n * U + u;
    add_gain_terms({data_.count[cell], log_drift_of(data_, d, n, u), data_.total[cell], x[u],
                    std::exp(x[U + u])},
                   nodes_, value);
  }
  const double all = log_of_sum(value);
  to.value -= all;
  for (double& v : value) v = std::exp(v - all);

  // The term's slope in eta is Y - (q + Y) x / (1 + x) with x = M e^eta / q; in ln q it is that
  // last part less q log(1 + x), and the slopes of the counts' factors.
  for (std::size_t u = 0; u < U; ++u) {
    const std::size_t cell = n * U + u;
    const double q = std::exp(x[U + u]), Y = data_.count[cell];
    const double over_q = data_.total[cell] * std::exp(log_drift_of(data_, d, n, u)) / q;
    double of_loading = 0, of_drift = Y, of_shape = 0;
    for (std::size_t k = 0; k < K; ++k) {
      const double ratio = over_q * shared.gain[u * K + k];
      const double pull = (q + Y) * ratio / (1 + ratio);
      of_loading += value[k] * (Y - pull) * (nodes_[k] - x[u]);
      of_drift -= value[k] * pull;
      of_shape += value[k] * (pull - q * std::log1p(ratio));
    }
    for (double j = 1; j < Y; ++j) of_shape += formulas::count_factor(j, q).slope;
    to.gradient[u] -= of_loading;
    to.gradient[U + u] -= of_shape;
    for (std::size_t j = 0; j < bumps; ++j)
      to.gradient[2 * U + u * bumps + j] -= of_drift * data_.bumps[n * bumps + j];
  }
}

void GainLoss::add_penalty(const std::vector<double>& x, Smooth& to) const {
  const std::size_t U = data_.units;
  const auto add = [&](std::size_t i, double decay, double centre) {
    to.value += decay / 2 * (x[i] - centre) * (x[i] - centre);
    to.gradient[i] += decay * (x[i] - centre);
  };
  for (std::size_t u = 0; u < U; ++u) {
    add(u, data_.loading_decay[u], 0);
    add(U + u, 1 / (spread_lnq * spread_lnq), start_lnq);
    for (std::size_t j = 0; j < bumps; ++j) add(2 * U + u * bumps + j, data_.drift_decay, 0);
  }
}

FittedGains fit_gains(const GainData& data, const std::vector<double>& nodes, Workers& workers) {
  constexpr int steps = 100;
  const std::size_t U = data.units;
  std::vector<double> x(U * (2 + bumps));
  std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(U), U, start_lnq);
  const GainLoss without_latent(data, {0}), whole(data, nodes);
  const auto drift_alone = [&](const std::vector<double>& at) {
    Smooth here = without_latent.at(at, workers);
    std::fill_n(here.gradient.begin(), 2 * U, 0.0);
    return here;
  };
  x = minimise(std::move(x), drift_alone, steps, workers);

  SessionCounts session{U, data.count, data.total, data.choice};
  for (std::size_t cell = 0; cell < session.expected.size(); ++cell)
    session.expected[cell] *= std::exp(log_drift_of(data, &x[2 * U], cell / U, cell % U));
  const auto c = starting_loadings(session), lnq = starting_log_shapes(session, c);
  std::ranges::copy(c, x.begin());
  std::ranges::copy(lnq, x.begin() + static_cast<std::ptrdiff_t>(U));
  x = minimise(
      std::move(x), [&](const std::vector<double>& at) { return whole.at(at, workers); }, steps,
      workers);

  const auto part = [&](std::size_t first, std::size_t size) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(size));
  };
  return {part(0, U), part(U, U), part(2 * U, U * bumps)};
}

}  // namespace nnpoisson
