#pragma once

#include <span>
#include <vector>

#include "nnpoisson/baselines.hpp"

namespace nnpoisson {

/// Which units the trials of each session expose, and the columns they read.
class SessionUnits {
 public:
  SessionUnits(const Dataset& data, std::vector<std::size_t> column);

  struct Session {
    std::vector<std::size_t> unit;    ///< of the dataset, ascending
    std::vector<std::size_t> place;   ///< of each unit: its column's place in `column`
    std::vector<std::size_t> column;  ///< distinct ones
  };
  [[nodiscard]] const Session& of_trial(std::size_t n) const {
    return sessions_[static_cast<std::size_t>(data_.trial.session[n])];
  }
  /// Units of all trials up to trial n; [T + 1] numbers.
  [[nodiscard]] std::size_t first_cell(std::size_t n) const { return first_cell_[n]; }
  /// The place of unit u among its session's.
  [[nodiscard]] std::size_t local(std::size_t u) const { return local_[u]; }
  /// The column of unit u.
  [[nodiscard]] const std::vector<std::size_t>& column() const { return column_; }
  [[nodiscard]] const Dataset& data() const { return data_; }

 private:
  const Dataset& data_;
  std::vector<std::size_t> column_;
  std::vector<Session> sessions_;
  std::vector<std::size_t> local_, first_cell_;
};

/// What was seen, without any model.
struct ObservedSpikes {
  std::vector<double> spikes, saturated;  ///< [T x G]; saturated: sum of y log y - y over units'
                                          ///< counts y in the grid's bins
  std::vector<double> unit_saturated;     ///< [U]
  std::vector<double> binned;             ///< [T x G x bins] spikes
};
[[nodiscard]] ObservedSpikes observe_spikes(const SessionUnits& units, const TimeGrid& grid,
                                            int threads);

/// One model's sums over some spikes.
struct SpikeSums {
  double log_intensity = 0;  ///< of spikes at their times; the whole term of counts in the
                             ///< dataset's bins but their expectation
  double log_binned = 0;  ///< sum of y log of the count expected, over counts y in the grid's bins
  double expected = 0;
  [[nodiscard]] double log_likelihood() const { return log_intensity - expected; }
  [[nodiscard]] double deviance(double saturated) const {
    return 2 * (saturated - log_binned + expected);
  }
  SpikeSums& operator+=(const SpikeSums& other);
};

struct SpikePass {
  std::vector<SpikeSums> by_region;  ///< [T x G]
  std::vector<SpikeSums> by_unit;    ///< [U]
  std::vector<double> rescaled;      ///< [N] u of the interval that each spike ends
  std::vector<double> binned;        ///< [T x G x bins] expected spikes
};
enum class Detail { sums, all };  ///< sums: by_region and by_unit only
/// The likelihood of all spikes under any model of intensities.
[[nodiscard]] SpikePass judge_spikes(const IntensityModel& model, const SessionUnits& units,
                                     const TimeGrid& grid, Detail detail, int threads);

}  // namespace nnpoisson
