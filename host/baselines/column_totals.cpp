#include "baselines/column_totals.hpp"

#include <algorithm>
#include <numeric>

#include "data/trial_events.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {

ColumnTotals::ColumnTotals(const TrainingSets& sets, std::size_t columns, const TimeGrid& grid)
    : sets_(sets),
      grid_(grid),
      trials_(trials_by_session(*sets.trials.data)),
      units_(columns),
      first_(columns + 1) {
  const Dataset& data = *sets.trials.data;
  const auto& column = sets.trials.column;

  for (const auto& stimulus : sets.trials.stimulus) stimuli_.try_emplace(stimulus);
  for (std::size_t next = 0; auto& [stimulus, place] : stimuli_) place = next++;
  for (const auto& stimulus : sets.trials.stimulus) stimulus_.push_back(stimuli_.at(stimulus));

  // Units of a session without trials expose nothing.
  for (std::size_t u = 0; u < data.units(); ++u) {
    const auto session = static_cast<std::size_t>(data.unit.session[u]);
    if (!trials_[session].empty()) units_[column[u]][session] += 1;
  }

  // Events are counted first, so that each column's lie together.
  for (std::size_t n = 0; n < data.trials(); ++n)
    for_each_event(data, n, [&](double, std::size_t unit, std::int32_t, std::size_t) {
      ++first_[column[unit] + 1];
    });
  std::partial_sum(first_.begin(), first_.end(), first_.begin());

  events_.resize(first_.back());
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t n = 0; n < data.trials(); ++n)
    for_each_event(data, n, [&](double time, std::size_t unit, std::int32_t count, std::size_t) {
      events_[next[column[unit]]++] = {static_cast<std::uint32_t>(n),
                                       static_cast<std::uint32_t>(grid.bin(time)),
                                       static_cast<float>(count)};
    });
}

double ColumnTotals::Table::constant_rate(double more) const {
  const double time = std::accumulate(exposure.begin(), exposure.end(), 0.0);
  if (!(time > 0)) return intensity_floor;
  return std::max(std::accumulate(events.begin(), events.end(), more) / time, intensity_floor);
}

std::vector<ColumnTotals::Table> ColumnTotals::tables(std::size_t column) const {
  const std::size_t cells = stimuli_.size() * grid_.bins;
  const Table empty{std::vector<double>(cells), std::vector<double>(cells)};
  const auto fold = [&](std::size_t n) {
    return sets_.left_out_fold.empty() ? std::size_t{0} : sets_.left_out_fold[n];
  };

  std::vector<Table> folds(sets_.sets, empty);
  for (const auto& [session, units] : units_[column])
    for (const auto n : trials_[session])
      for (std::size_t b = 0; b < grid_.bins; ++b)
        folds[fold(n)].exposure[stimulus_[n] * grid_.bins + b] +=
            units * grid_.observed(b, sets_.trials.data->trial.observed_until[n]);
  for (std::size_t i = first_[column]; i < first_[column + 1]; ++i) {
    const Event& event = events_[i];
    folds[fold(event.trial)].events[stimulus_[event.trial] * grid_.bins + event.bin] += event.count;
  }
  if (sets_.left_out_fold.empty()) return folds;

  // A set is all folds but its own.
  std::vector<Table> sets(sets_.sets, empty);
  for (std::size_t k = 0; k < sets.size(); ++k)
    for (std::size_t f = 0; f < folds.size(); ++f)
      for (std::size_t i = 0; f != k && i < cells; ++i) {
        sets[k].events[i] += folds[f].events[i];
        sets[k].exposure[i] += folds[f].exposure[i];
      }
  return sets;
}

}  // namespace nnpoisson
