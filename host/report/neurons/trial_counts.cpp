#include "report/neurons/trial_counts.hpp"

#include <utility>

#include "data/trial_events.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t bins_of_time = 25;

/// Where the spikes of each unit go.
class Destinations {
 public:
  explicit Destinations(const NeuronPage& page)
      : region_(page.data.unit.region), place_(page.data.units(), page.shown.size()) {
    for (std::size_t k = 0; k < page.shown.size(); ++k) place_[page.shown[k]] = k;
  }

  /// `at`: a trial's number and a bin.
  void add(TrialCounts& counts, std::vector<double> TrialCounts::Columns::*to, std::size_t unit,
           std::pair<std::size_t, std::size_t> at, double spikes) const {
    const auto put = [&](TrialCounts::Columns& columns, std::size_t column) {
      (columns.*to)[(at.first * columns.count + column) * counts.grid.bins + at.second] += spikes;
    };
    put(counts.regions, static_cast<std::size_t>(region_[unit]));
    if (place_[unit] < counts.shown.count) put(counts.shown, place_[unit]);
  }

 private:
  const std::vector<std::int32_t>& region_;
  std::vector<std::size_t> place_;  // among the units shown, or how many they are
};

void observe(const NeuronPage& page, const Destinations& to, std::size_t n, TrialCounts& counts) {
  for_each_event(page.data, n, [&](double time, std::size_t unit, double spikes, std::size_t) {
    to.add(counts, &TrialCounts::Columns::observed, unit, {n, counts.grid.bin(time)}, spikes);
  });
}

void expect(const NeuronPage& page, const Destinations& to, std::size_t n, TrialCounts& counts) {
  const NeuronCurves& curves = page.trials.curves(n);
  const auto& units = page.trials.units(static_cast<std::size_t>(page.data.trial.session[n]));
  std::vector<double> factor(units.size());
  for (std::size_t i = 0; i < units.size(); ++i)
    factor[i] = page.expected_gain(n, units[i]) * page.drift(n, units[i]);

  const double width = counts.grid.width, end = page.data.trial.observed_until[n];
  std::vector<double> before = curves.rise(0);
  for (std::size_t b = 0; b < counts.grid.bins && width * static_cast<double>(b) < end; ++b) {
    const double seconds = counts.grid.observed(b, end);
    const auto after = curves.rise(width * static_cast<double>(b) + seconds);
    for (std::size_t i = 0; i < units.size(); ++i) {
      const auto amplitudes = curves.amplitudes(page.column[units[i]]);
      double growth = intensity_floor * seconds;
      for (std::size_t k = 0; k < after.size(); ++k)
        growth += amplitudes[k] * (after[k] - before[k]);
      to.add(counts, &TrialCounts::Columns::expected, units[i], {n, b}, factor[i] * growth);
    }
    before = after;
  }
}

}  // namespace

TrialCounts count_spikes(const NeuronPage& page, Workers& workers) {
  const Dataset& data = page.data;
  TrialCounts counts{time_grid(data, bins_of_time), {}, {}};
  counts.regions.count = data.regions();
  counts.regions.units = units_by_session_and_region(data);
  counts.shown.count = page.shown.size();
  counts.shown.units.resize(data.sessions() * page.shown.size());
  for (std::size_t k = 0; k < page.shown.size(); ++k)
    counts.shown
        .units[static_cast<std::size_t>(data.unit.session[page.shown[k]]) * page.shown.size() + k] =
        1;
  for (auto* columns : {&counts.regions, &counts.shown})
    for (auto* numbers : {&columns->observed, &columns->expected})
      numbers->resize(data.trials() * columns->count * counts.grid.bins);

  const Destinations to(page);
  workers.for_each("spikes in bins: trials", data.trials(), [&](std::size_t n) {
    observe(page, to, n, counts);
    expect(page, to, n, counts);
  });
  return counts;
}

}  // namespace nnpoisson::report
