#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "curves/parallel.hpp"
#include "evaluate/parts.hpp"
#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

/// One region in one trial.
struct Share {
  double log_intensity = 0;  ///< of its spikes, or the whole term of its counts
  double expected = 0;       ///< Lambda at the trial's end, of all its units
};

/// Sums over trials, kept apart by trial until all are there, so that they do not depend on which thread did which.
class RegionPass {
 public:
  RegionPass(const Model& model, const Dataset& data, const MatchedTrials& trials)
      : model_(model),
        data_(data),
        trials_(trials),
        shares_(data.trials() * data.regions()),
        rescaled_(data.spike.time.size()),
        units_(data.sessions()) {
    for (std::size_t u = 0; u < data.units(); ++u) units_[static_cast<std::size_t>(data.unit.session[u])].push_back(u);
  }

  void trial(std::size_t n) {
    Curves curves = trials_.curves(n);
    const double until = data_.trial.observed_until[n], scale = time_scale(model_, until);
    std::vector<Growth> end(static_cast<std::size_t>(model_.shape.columns()));
    curves.columns(until, scale, end);
    Share* share = &shares_[n * data_.regions()];
    for (const auto u : units_[static_cast<std::size_t>(data_.trial.session[n])])
      share[data_.unit.region[u]].expected += end[trials_.column(u)].cumulative;
    data_.binned() ? counts(n, curves, scale, share) : spikes(n, curves, scale, end, share);
  }

  [[nodiscard]] const Share& share(std::size_t n, std::size_t g) const { return shares_[n * data_.regions() + g]; }
  /// u of the interval that each spike ends, [N].
  [[nodiscard]] const std::vector<double>& rescaled() const { return rescaled_; }

 private:
  [[nodiscard]] std::size_t region_of(std::int32_t unit) const {
    return static_cast<std::size_t>(data_.unit.region[static_cast<std::size_t>(unit)]);
  }

  /// end: of every column at the trial's end.
  void spikes(std::size_t n, Curves& curves, double scale, const std::vector<Growth>& end, Share* share) {
    struct Rescaled {
      std::int32_t unit;
      double at;
      std::size_t spike;
    };
    std::vector<Rescaled> trains;
    for (auto i = static_cast<std::size_t>(data_.spike.offset[n]); i < static_cast<std::size_t>(data_.spike.offset[n + 1]); ++i) {
      const auto g = region_of(data_.spike.unit[i]);
      const Growth now = curves.column(trials_.column(static_cast<std::size_t>(data_.spike.unit[i])), data_.spike.time[i], scale);
      share[g].log_intensity += std::log(now.intensity);
      trains.push_back({data_.spike.unit[i], now.cumulative, i});
    }
    std::stable_sort(trains.begin(), trains.end(), [](const Rescaled& a, const Rescaled& b) { return a.unit < b.unit; });
    for (std::size_t k = 0; k < trains.size(); ++k) {
      const double start = k > 0 && trains[k - 1].unit == trains[k].unit ? trains[k - 1].at : 0;
      const double left = end[trials_.column(static_cast<std::size_t>(trains[k].unit))].cumulative - start;
      rescaled_[trains[k].spike] = std::expm1(start - trains[k].at) / std::expm1(-left);
    }
  }

  void counts(std::size_t n, Curves& curves, double scale, Share* share) {
    const double width = data_.bin_width;
    for (auto i = static_cast<std::size_t>(data_.count.offset[n]); i < static_cast<std::size_t>(data_.count.offset[n + 1]); ++i) {
      const auto g = region_of(data_.count.unit[i]);
      const double start = width * data_.count.bin[i], y = data_.count.value[i];
      const std::size_t column = trials_.column(static_cast<std::size_t>(data_.count.unit[i]));
      const double expected = curves.column(column, start + width, scale).cumulative - curves.column(column, start, scale).cumulative;
      share[g].log_intensity += y * std::log(expected) - std::lgamma(y + 1);
    }
  }

  const Model& model_;
  const Dataset& data_;
  const MatchedTrials& trials_;
  std::vector<Share> shares_;  // [T x G]
  std::vector<double> rescaled_;
  std::vector<std::vector<std::size_t>> units_;  // of each session
};

/// y log x with 0 log 0 = 0.
double times_log(double y, double x) { return y > 0 ? y * std::log(x) : 0; }

/// The null model of a network that reads out units: each unit's own constant rate, with the floor that the network's intensities have.
void null_by_unit(RegionEvaluation& region, std::size_t g, const Model& model, const Dataset& data, const MatchedTrials& trials,
                  double log_factorials) {
  const UnitTotals totals = unit_totals(data);
  double expected = 0;
  region.null_log_likelihood = -log_factorials;
  for (std::size_t u = 0; u < data.units(); ++u) {
    if (static_cast<std::size_t>(data.unit.region[u]) != g) continue;
    const double rate = model.units.constant_rate[trials.column(u)] + intensity_floor;
    region.null_log_likelihood += times_log(totals.events[u], data.binned() ? rate * data.bin_width : rate) - rate * totals.exposure[u];
    expected += rate * totals.exposure[u];
  }
  region.null_rate = expected / region.exposure;
}

}  // namespace

std::vector<RegionEvaluation> evaluate_regions(const Model& model, const Dataset& data, const MatchedTrials& trials, int threads) {
  RegionPass pass(model, data, trials);
  for_each_in_parallel(data.trials(), threads, [&](std::size_t n) { pass.trial(n); });

  std::vector<RegionEvaluation> regions(data.regions());
  std::vector<std::vector<double>> rescaled(data.regions());
  std::vector<double> log_factorials(data.regions());
  const auto units = units_by_session_and_region(data);
  for (const auto g : data.unit.region) ++regions[static_cast<std::size_t>(g)].units;
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (std::size_t g = 0; g < data.regions(); ++g) {
      const double exposed = units[static_cast<std::size_t>(data.trial.session[n]) * data.regions() + g];
      auto& region = regions[g];
      region.exposure += exposed * data.trial.observed_until[n];
      region.expected += pass.share(n, g).expected;
      region.log_likelihood += pass.share(n, g).log_intensity - pass.share(n, g).expected;
    }
  for (std::size_t i = 0; i < data.spike.unit.size(); ++i) {
    const auto g = static_cast<std::size_t>(data.unit.region[static_cast<std::size_t>(data.spike.unit[i])]);
    ++regions[g].spikes;
    rescaled[g].push_back(pass.rescaled()[i]);
  }
  for (std::size_t i = 0; i < data.count.unit.size(); ++i) {
    const auto g = static_cast<std::size_t>(data.unit.region[static_cast<std::size_t>(data.count.unit[i])]);
    regions[g].spikes += static_cast<std::uint64_t>(data.count.value[i]);
    log_factorials[g] += std::lgamma(data.count.value[i] + 1.0);
  }
  for (std::size_t g = 0; g < regions.size(); ++g) {
    auto& region = regions[g];
    region.name = data.region_names[g];
    const auto spikes = static_cast<double>(region.spikes);
    region.null_rate = model.constant_rate.empty() ? spikes / region.exposure : model.constant_rate[trials.region(g)];
    const double events_in = data.binned() ? region.null_rate * data.bin_width : region.null_rate;
    region.null_log_likelihood = times_log(spikes, events_in) - log_factorials[g] - region.null_rate * region.exposure;
    if (trials.by_unit()) null_by_unit(region, g, model, data, trials, log_factorials[g]);
    region.bits_per_spike = bits_per_event(region.log_likelihood, region.null_log_likelihood, spikes);
    region.ks_band = ks_band(rescaled[g].size());
    region.ks = ks_distance_from_uniform(std::move(rescaled[g]));
  }
  return regions;
}

}  // namespace nnpoisson
