#include "evaluate/spike_pass.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "curves/parallel.hpp"
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

  /// Adds the trial's spikes or counts to `cells`, [units of the session].
  void sum(SpikeSums* cells) {
    data_.binned() ? counts(cells) : spikes(cells);
    for (std::size_t k = 0; k < session_.unit.size(); ++k) cells[k].expected = expected(k);
  }

  /// u of the interval that each spike ends, into the dataset's list.
  void rescale(std::vector<double>& rescaled) {
    std::stable_sort(trains_.begin(), trains_.end(),
                     [](const auto& a, const auto& b) { return a.local < b.local; });
    for (std::size_t k = 0; k < trains_.size(); ++k) {
      const double start =
          k > 0 && trains_[k - 1].local == trains_[k].local ? trains_[k - 1].at : 0;
      rescaled[trains_[k].spike] =
          std::expm1(start - trains_[k].at) / std::expm1(start - expected(trains_[k].local));
    }
  }

 private:
  void spikes(SpikeSums* cells) {
    for_each_event(data_, n_, [&](double time, std::size_t unit, double, std::size_t i) {
      const std::size_t local = units_.local(unit);
      const Growth now = intensity_->at(units_.column()[unit], time);
      cells[local].log_intensity += std::log(now.intensity);
      cells[local].log_binned += std::log(expected(local, grid_.bin(time)));
      trains_.push_back({local, now.cumulative, i});
    });
  }

  void counts(SpikeSums* cells) {
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

  struct Rescaled {
    std::size_t local;
    double at;
    std::size_t spike;
  };
  const Dataset& data_;
  const SessionUnits::Session& session_;
  const SessionUnits& units_;
  const TimeGrid& grid_;
  std::size_t n_;
  std::unique_ptr<TrialIntensity> intensity_;
  std::vector<std::vector<Growth>> edges_;  // [bins + 1][columns of the session]
  std::vector<Rescaled> trains_;
};

}  // namespace

SessionUnits::SessionUnits(const Dataset& data, std::vector<std::size_t> column)
    : data_(data),
      column_(std::move(column)),
      sessions_(data.sessions()),
      local_(data.units()),
      first_cell_{0} {
  for (std::size_t u = 0; u < data.units(); ++u) {
    auto& session = sessions_[static_cast<std::size_t>(data.unit.session[u])];
    local_[u] = session.unit.size();
    session.unit.push_back(u);
    session.column.push_back(column_[u]);
  }
  for (auto& session : sessions_) {
    std::sort(session.column.begin(), session.column.end());
    session.column.erase(std::unique(session.column.begin(), session.column.end()),
                         session.column.end());
    for (const auto u : session.unit)
      session.place.push_back(static_cast<std::size_t>(
          std::lower_bound(session.column.begin(), session.column.end(), column_[u]) -
          session.column.begin()));
  }
  for (std::size_t n = 0; n < data.trials(); ++n)
    first_cell_.push_back(first_cell_.back() + of_trial(n).unit.size());
}

SpikeSums& SpikeSums::operator+=(const SpikeSums& other) {
  log_intensity += other.log_intensity;
  log_binned += other.log_binned;
  expected += other.expected;
  return *this;
}

ObservedSpikes observe_spikes(const SessionUnits& units, const TimeGrid& grid, int threads) {
  const Dataset& data = units.data();
  const std::size_t regions = data.regions(), bins = grid.bins;
  ObservedSpikes seen{
      std::vector<double>(data.trials() * regions), std::vector<double>(data.trials() * regions),
      std::vector<double>(data.units()), std::vector<double>(data.trials() * regions * bins)};
  std::vector<double> cells(units.first_cell(data.trials()));
  for_each_in_parallel(data.trials(), threads, [&](std::size_t n) {
    const auto& session = units.of_trial(n);
    std::vector<double> counts(session.unit.size() * bins);
    for_each_event(data, n, [&](double time, std::size_t unit, double y, std::size_t) {
      const std::size_t bin = grid.bin(time);
      const auto row = n * regions + static_cast<std::size_t>(data.unit.region[unit]);
      counts[units.local(unit) * bins + bin] += y;
      seen.spikes[row] += y;
      seen.binned[row * bins + bin] += y;
    });
    for (std::size_t k = 0; k < session.unit.size(); ++k) {
      double& saturated = cells[units.first_cell(n) + k];
      for (std::size_t b = 0; b < bins; ++b)
        saturated += times_log(counts[k * bins + b], counts[k * bins + b]) - counts[k * bins + b];
      seen.saturated[n * regions + static_cast<std::size_t>(data.unit.region[session.unit[k]])] +=
          saturated;
    }
  });
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (std::size_t k = 0; k < units.of_trial(n).unit.size(); ++k)
      seen.unit_saturated[units.of_trial(n).unit[k]] += cells[units.first_cell(n) + k];
  return seen;
}

SpikePass judge_spikes(const IntensityModel& model, const SessionUnits& units, const TimeGrid& grid,
                       Detail detail, int threads) {
  const Dataset& data = units.data();
  const std::size_t regions = data.regions();
  SpikePass pass{std::vector<SpikeSums>(data.trials() * regions),
                 std::vector<SpikeSums>(data.units()),
                 {},
                 {}};
  if (detail == Detail::all) {
    pass.rescaled.resize(data.spike.time.size());
    pass.binned.resize(data.trials() * regions * grid.bins);
  }
  std::vector<SpikeSums> cells(units.first_cell(data.trials()));
  for_each_in_parallel(data.trials(), threads, [&](std::size_t n) {
    const auto& session = units.of_trial(n);
    SpikeSums* own = cells.data() + units.first_cell(n);
    Trial trial(model, units, grid, n);
    trial.sum(own);
    for (std::size_t k = 0; k < session.unit.size(); ++k) {
      const auto row = n * regions + static_cast<std::size_t>(data.unit.region[session.unit[k]]);
      pass.by_region[row] += own[k];
      for (std::size_t b = 0; detail == Detail::all && b < grid.bins; ++b)
        pass.binned[row * grid.bins + b] += trial.expected(k, b);
    }
    if (detail == Detail::all) trial.rescale(pass.rescaled);
  });
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (std::size_t k = 0; k < units.of_trial(n).unit.size(); ++k)
      pass.by_unit[units.of_trial(n).unit[k]] += cells[units.first_cell(n) + k];
  return pass;
}

}  // namespace nnpoisson
