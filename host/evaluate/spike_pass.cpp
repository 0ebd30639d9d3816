#include "evaluate/spike_pass.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "data/trial_events.hpp"

namespace nnpoisson {
namespace {

/// y log x with 0 log 0 = 0.
double times_log(double y, double x) {
  return y > 0 ? y * std::log(x) : 0;
}

/// One trial under one model.
class Trial {
 public:
  Trial(const IntensityModel& model, const SessionUnits& units, const TimeGrid& grid, std::size_t n)
      : data_(units.data()),
        session_(units.of_trial(n)),
        units_(units),
        grid_(grid),
        n_(n),
        intensity_(model.trial(n)) {
    const double until = data_.trial.observed_until[n];
    edges_.assign(grid.bins + 1, std::vector<Growth>(session_.column.size()));
    for (std::size_t b = 0; b <= grid.bins; ++b) {
      const double edge = grid.width * static_cast<double>(b);
      // Bins after the trial's end expect nothing.
      if (b > 0 && edge - grid.width >= until)
        edges_[b] = edges_[b - 1];
      else
        intensity_->at(session_.column, b < grid.bins ? std::min(edge, until) : until, edges_[b]);
    }
  }

  [[nodiscard]] double expected(std::size_t local) const {
    return edges_.back()[session_.place[local]].cumulative;
  }
  [[nodiscard]] double expected(std::size_t local, std::size_t bin) const {
    const std::size_t c = session_.place[local];
    return edges_[bin + 1][c].cumulative - edges_[bin][c].cumulative;
  }

  /// Adds the trial's spikes or counts to its cells.
  void sum(std::span<SpikeSums> cells) {
    data_.binned() ? counts(cells) : spikes(cells);
    for (std::size_t k = 0; k < cells.size(); ++k) cells[k].expected = expected(k);
  }

  /// u of the interval that each spike ends, into the dataset's list. After `sum`.
  void rescale(std::vector<double>& rescaled) {
    std::stable_sort(spikes_.begin(), spikes_.end(),
                     [](const Spike& a, const Spike& b) { return a.local < b.local; });
    for (std::size_t k = 0; k < spikes_.size(); ++k) {
      const Spike& spike = spikes_[k];
      const bool first = k == 0 || spikes_[k - 1].local != spike.local;
      const double start = first ? 0 : spikes_[k - 1].cumulative;
      rescaled[spike.place] =
          std::expm1(start - spike.cumulative) / std::expm1(start - expected(spike.local));
    }
  }

 private:
  void spikes(std::span<SpikeSums> cells) {
    for_each_event(data_, n_, [&](double time, std::size_t unit, double, std::size_t i) {
      const std::size_t local = units_.local(unit);
      const Growth now = intensity_->at(units_.column()[unit], time);
      cells[local].log_intensity += std::log(now.intensity);
      cells[local].log_binned += std::log(expected(local, grid_.bin(time)));
      spikes_.push_back({local, now.cumulative, i});
    });
  }

  void counts(std::span<SpikeSums> cells) {
    const double width = data_.bin_width;
    std::int32_t own_bin = -1;  // of the dataset
    std::vector<Growth> start(session_.column.size()), end(start);
    for_each_event(data_, n_, [&](double time, std::size_t unit, double y, std::size_t i) {
      if (data_.count.bin[i] != own_bin) {
        own_bin = data_.count.bin[i];
        intensity_->at(session_.column, width * own_bin, start);
        intensity_->at(session_.column, width * own_bin + width, end);
      }
      const std::size_t local = units_.local(unit), c = session_.place[local];
      cells[local].log_intensity +=
          y * std::log(end[c].cumulative - start[c].cumulative) - std::lgamma(y + 1);
      cells[local].log_binned += y * std::log(expected(local, grid_.bin(time)));
    });
  }

  struct Spike {
    std::size_t local;  // its unit's place in the session
    double cumulative;
    std::size_t place;  // in the dataset's list
  };
  const Dataset& data_;
  const SessionUnits::Session& session_;
  const SessionUnits& units_;
  const TimeGrid& grid_;
  std::size_t n_;
  std::unique_ptr<TrialIntensity> intensity_;
  std::vector<std::vector<Growth>> edges_;  // [bins + 1][columns of the session]
  std::vector<Spike> spikes_;
};

}  // namespace

SpikeSums& SpikeSums::operator+=(const SpikeSums& other) {
  log_intensity += other.log_intensity;
  log_binned += other.log_binned;
  expected += other.expected;
  return *this;
}

ObservedSpikes observe_spikes(const SessionUnits& units, const TimeGrid& grid, Workers& workers) {
  const Dataset& data = units.data();
  const std::size_t rows = data.trials() * data.regions(), bins = grid.bins;
  ObservedSpikes seen{
      std::vector<double>(rows), std::vector<double>(rows), {}, std::vector<double>(rows * bins)};
  std::vector<double> saturated(units.first_cell(data.trials()));  // of each cell

  workers.for_each("observed spikes: trials", data.trials(), [&](std::size_t n) {
    const std::size_t members = units.of_trial(n).unit.size();
    std::vector<double> counts(members * bins);
    for_each_event(data, n, [&](double time, std::size_t unit, double y, std::size_t) {
      const std::size_t bin = grid.bin(time);
      const auto row = n * data.regions() + static_cast<std::size_t>(data.unit.region[unit]);
      counts[units.local(unit) * bins + bin] += y;
      seen.spikes[row] += y;
      seen.binned[row * bins + bin] += y;
    });

    for (std::size_t k = 0; k < members; ++k) {
      double& cell = saturated[units.first_cell(n) + k];
      for (std::size_t b = 0; b < bins; ++b)
        cell += times_log(counts[k * bins + b], counts[k * bins + b]) - counts[k * bins + b];
      seen.saturated[n * data.regions() + units.region(n, k)] += cell;
    }
  });
  seen.unit_saturated = sum_by_unit(units, saturated);
  return seen;
}

SpikePass judge_spikes(const std::string& phase, const IntensityModel& model,
                       const SessionUnits& units, const TimeGrid& grid, Detail detail,
                       Workers& workers) {
  const Dataset& data = units.data();
  const std::size_t rows = data.trials() * data.regions();
  SpikePass pass{std::vector<SpikeSums>(rows), {}, {}, {}};
  if (detail == Detail::all) {
    pass.rescaled.resize(data.spike.time.size());
    pass.binned.resize(rows * grid.bins);
  }

  std::vector<SpikeSums> cells(units.first_cell(data.trials()));
  workers.for_each(phase, data.trials(), [&](std::size_t n) {
    const auto own = std::span(cells).subspan(units.first_cell(n), units.of_trial(n).unit.size());
    Trial trial(model, units, grid, n);
    trial.sum(own);
    for (std::size_t k = 0; k < own.size(); ++k) {
      const auto row = n * data.regions() + units.region(n, k);
      pass.by_region[row] += own[k];
      for (std::size_t b = 0; detail == Detail::all && b < grid.bins; ++b)
        pass.binned[row * grid.bins + b] += trial.expected(k, b);
    }
    if (detail == Detail::all) trial.rescale(pass.rescaled);
  });
  pass.by_unit = sum_by_unit(units, cells);
  return pass;
}

}  // namespace nnpoisson
