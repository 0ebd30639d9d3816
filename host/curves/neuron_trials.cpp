#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "curves/gain_terms.hpp"
#include "curves/log_sum.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

Numbers sum_of(const Numbers& a, const Numbers& b) {
  Numbers sum = a;
  for (std::size_t i = 0; i < b.size(); ++i) sum[i] += b[i];
  return sum;
}

Numbers normalised(Numbers logs) {
  const double all = log_of_sum(logs);
  for (double& v : logs) v = std::exp(v - all);
  return logs;
}

double dot_product(std::span<const double> a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Until when a trial is seen, if nothing counts from `until` on. Of counts: bins that have ended;
/// a trial's last one ends with it.
double seen_until(const Dataset& data, std::size_t n, double until) {
  const double end = data.trial.observed_until[n];
  if (!(until < end)) return end;
  return data.binned() ? std::floor(until / data.bin_width * (1 + 1e-12)) * data.bin_width : until;
}

/// Calls event(begin, end, unit, count) for all spikes of a trial that is seen until `until`: a bin
/// and its count, or one spike, which begins and ends at its time.
template <class Event>
void for_each_seen(const Dataset& data, std::size_t n, double until, const Event& event) {
  if (!data.binned()) {
    for (auto i = data.spike.offset[n]; i < data.spike.offset[n + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double time = data.spike.time[at];
      if (time < until) event(time, time, static_cast<std::size_t>(data.spike.unit[at]), 1);
    }
    return;
  }
  for (auto i = data.count.offset[n]; i < data.count.offset[n + 1]; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double begin = data.count.bin[at] * data.bin_width;
    const double end =
        std::min((data.count.bin[at] + 1) * data.bin_width, data.trial.observed_until[n]);
    if (end <= until * (1 + 1e-12))
      event(begin, end, static_cast<std::size_t>(data.count.unit[at]), data.count.value[at]);
  }
}

/// By unit of the dataset, the sum of log intensities of its spikes, or of log expected counts less
/// log y!.
Numbers log_points(const Dataset& data, std::size_t n, double until, const NeuronCurves& curves,
                   const std::vector<std::size_t>& model_unit) {
  Numbers points(data.units());
  std::map<std::pair<double, double>, Numbers> rows;  // by begin and end
  for_each_seen(data, n, until, [&](double begin, double end, std::size_t u, double count) {
    auto& row = rows[{begin, end}];
    if (row.empty()) {
      row = data.binned() ? curves.rise(end) : curves.rate(begin);
      if (data.binned()) {
        const Numbers low = curves.rise(begin);
        for (std::size_t k = 0; k < row.size(); ++k) row[k] -= low[k];
      }
    }
    const double floor = intensity_floor * (data.binned() ? end - begin : 1);
    const double v = dot_product(curves.amplitudes(model_unit[u]), row) + floor;
    points[u] += count * std::log(v) - (data.binned() ? std::lgamma(count + 1) : 0);
  });
  return points;
}

}  // namespace

std::vector<double> NeuronTrialReading::posterior_of_spikes() const {
  return normalised(sum_of(prior, of_spikes));
}
std::vector<double> NeuronTrialReading::posterior() const {
  return normalised(sum_of(sum_of(prior, of_spikes), of_behaviour));
}

NeuronTrials::NeuronTrials(const Model& model, const Dataset& data)
    : data_(&data),
      gains_(model),
      unit_(model_units(model, data)),
      place_(session_places(data)),
      session_units_(data.sessions()) {
  if (data.time_limit != model.time_limit)
    throw DataError(data.source + ": time_limit is " + std::to_string(data.time_limit) +
                    " s, where the model " + model.source + " has " +
                    std::to_string(model.time_limit) + " s");
  if (data.stimulus_names != model.stimulus_names)
    throw DataError(data.source + ": stimulus/name: is not that of the model " + model.source);
  for (std::size_t u = 0; u < data.units(); ++u)
    session_units_[static_cast<std::size_t>(data.unit.session[u])].push_back(u);

  std::map<Numbers, std::size_t> known;
  const auto F = static_cast<std::ptrdiff_t>(data.features());
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto first = data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n) * F;
    const Numbers stimulus(first, first + F);
    const auto [found, added] = known.emplace(stimulus, curves_.size());
    if (added) curves_.emplace_back(model, stimulus);
    stimulus_.push_back(found->second);
  }
}

const NeuronCurves& NeuronTrials::curves(std::size_t trial) const {
  return curves_[stimulus_[trial]];
}

NeuronTrialReading NeuronTrials::read(std::size_t trial) const {
  return read(trial, std::numeric_limits<double>::infinity());
}

std::vector<double> NeuronTrials::expected_counts(std::size_t trial, double end) const {
  const NeuronCurves& curves = this->curves(trial);
  const Numbers rise = curves.rise(end);
  Numbers totals;
  for (const auto u : session_units_[static_cast<std::size_t>(data_->trial.session[trial])])
    totals.push_back(dot_product(curves.amplitudes(unit_[u]), rise) + intensity_floor * end);
  return totals;
}

std::vector<double> NeuronTrials::gain_terms(std::size_t trial, double until) const {
  const double end = seen_until(*data_, trial, until);
  Numbers counts(data_->units());
  for_each_seen(*data_, trial, end,
                [&](double, double, std::size_t u, double count) { counts[u] += count; });

  const auto& units = session_units_[static_cast<std::size_t>(data_->trial.session[trial])];
  const Numbers totals = expected_counts(trial, end);
  const auto psi = drift_bumps_at(place_[trial]);
  const std::size_t K = gains_.nodes().size();
  Numbers terms(units.size() * K);
  for (std::size_t j = 0; j < units.size(); ++j) {
    const std::size_t i = unit_[units[j]];
    add_gain_terms(
        {counts[units[j]], gains_.log_drift(i, psi), totals[j], gains_.loading(i), gains_.shape(i)},
        gains_.nodes(), std::span(terms).subspan(j * K, K));
  }
  return terms;
}

std::vector<double> NeuronTrials::behaviour_terms(std::size_t trial, double until) const {
  const bool responded = data_->responded(trial);
  const double waited =
      responded ? data_->trial.response_time[trial] : data_->trial.observed_until[trial];
  const bool answered = responded && waited <= until;
  const double end = std::min(waited, until);
  const auto actions = curves(trial).actions(end);
  const std::size_t K = actions.size() / 2;
  Numbers terms;
  for (std::size_t k = 0; k < K; ++k) {
    double value = -actions[k].cumulative - actions[K + k].cumulative;
    if (answered) value += std::log(actions[data_->action(trial) * K + k].intensity);
    terms.push_back(value);
  }
  return terms;
}

NeuronTrialReading NeuronTrials::read(std::size_t trial, double until) const {
  const NeuronCurves& curves = this->curves(trial);
  const double seen = seen_until(*data_, trial, until);
  const Numbers points = log_points(*data_, trial, seen, curves, unit_);
  const auto& units = session_units_[static_cast<std::size_t>(data_->trial.session[trial])];
  const std::size_t K = gains_.nodes().size();
  NeuronTrialReading reading;
  reading.prior = curves.log_prior();
  reading.of_spikes.assign(K, 0);
  reading.totals = expected_counts(trial, seen);
  reading.of_unit = gain_terms(trial, until);
  for (std::size_t j = 0; j < units.size(); ++j)
    for (std::size_t k = 0; k < K; ++k)
      reading.of_spikes[k] += reading.of_unit[j * K + k] += points[units[j]];

  reading.of_behaviour = behaviour_terms(trial, until);
  const Numbers spikes = sum_of(reading.prior, reading.of_spikes);
  reading.spikes = log_of_sum(spikes);
  reading.behaviour = log_of_sum(sum_of(reading.prior, reading.of_behaviour));
  reading.joint = log_of_sum(sum_of(spikes, reading.of_behaviour));
  return reading;
}

}  // namespace nnpoisson
