#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/dataset.hpp"

namespace nnpoisson {

/// The intensities of one trial. Holds scratch: one thread at a time.
class TrialIntensity {
 public:
  virtual ~TrialIntensity() = default;
  /// Of one unit of `column`, at `time` s from onset, up to the time for which the trial was
  /// observed.
  [[nodiscard]] virtual Growth at(std::size_t column, double time) = 0;
  /// The same of several columns at one time; `out`: as many as `columns`.
  virtual void at(std::span<const std::size_t> columns, double time, std::span<Growth> out) {
    for (std::size_t k = 0; k < columns.size(); ++k) out[k] = at(columns[k], time);
  }
};

/// Anything that says how often units fire in the trials of a dataset: the network, or a simpler
/// model beside it. Units that share an intensity share a column. May be asked for trials from
/// several threads.
class IntensityModel {
 public:
  virtual ~IntensityModel() = default;
  [[nodiscard]] virtual std::unique_ptr<TrialIntensity> trial(std::size_t n) const = 0;
};

/// Bins of time since onset; the last one may be cut short by the time limit.
struct TimeGrid {
  double width = 0;  ///< s
  std::size_t bins = 0;
  [[nodiscard]] std::size_t bin(double time) const;  ///< of a time in [0, width * bins]
  [[nodiscard]] double observed(std::size_t bin,
                                double until) const;  ///< s of the bin that lie before `until`
  [[nodiscard]] double middle(std::size_t bin) const {
    return width * (static_cast<double>(bin) + 0.5);
  }
};
/// About `bins` bins over the dataset's time limit; each a whole number of the dataset's own where
/// it holds counts.
[[nodiscard]] TimeGrid time_grid(const Dataset& data, std::size_t bins);

/// Raised cosines over [0, limit], each one apart from the next by limit / (count - 1) and as wide
/// to either side; together they are 1. Returns [bins x count], their values in the middle of each
/// bin; count >= 2.
[[nodiscard]] std::vector<double> raised_cosines(const TimeGrid& grid, double limit,
                                                 std::size_t count);

/// The trials of a dataset as baselines read them.
struct BaselineTrials {
  const Dataset* data = nullptr;
  std::vector<std::size_t> column;            ///< [U] of each unit
  std::vector<std::vector<double>> stimulus;  ///< [T][F]
};

/// Which trials a baseline is fitted on. A trial is never judged by a fit that saw it.
struct TrainingSets {
  BaselineTrials trials;                   ///< those that are fitted
  std::vector<std::size_t> left_out_fold;  ///< [T of trials] the one set that leaves the trial out;
                                           ///< empty: the only set has all
  std::vector<std::size_t>
      judged_by;  ///< [T evaluated] the set whose fit judges each evaluated trial
  std::size_t sets = 1;
};
/// All of `training`, for all of `evaluated`.
[[nodiscard]] TrainingSets fit_elsewhere(BaselineTrials training, const BaselineTrials& evaluated);
/// `folds` sets, each without the trials of its fold, which it judges; folds are drawn within
/// sessions. Throws UsageError where a fold would be empty.
[[nodiscard]] TrainingSets cross_validate(const BaselineTrials& evaluated, std::size_t folds,
                                          std::uint64_t seed);

/// One rate for each column, Hz; `rate`: [columns].
[[nodiscard]] std::unique_ptr<IntensityModel> constant_baseline(std::vector<double> rate);

/// Mean rate by stimulus and time bin, shrunk towards the mean rate by time alone as if that had
/// been seen for one spike more, which is itself shrunk so towards the constant rate: (spikes + 1)
/// / (exposure + 1 / rate). A stimulus without training trials has the rate by time alone.
/// `columns`: how many there are. Throws ResourceError where a table of all would not fit.
[[nodiscard]] std::unique_ptr<IntensityModel> psth_baseline(const TrainingSets& sets,
                                                            const BaselineTrials& evaluated,
                                                            std::size_t columns,
                                                            const TimeGrid& grid, int threads);

/// log rate = log constant rate + sum_j b_j(t) (w_j0 + sum_f w_jf s_f): Poisson regression on
/// raised cosines b_j over time since onset, alone and times each stimulus feature. Constant within
/// a bin, so its likelihood is exact.
struct GlmFit {
  std::size_t bases = 0, features = 0;
  double ridge = 0;
  std::vector<std::vector<std::vector<double>>>
      coefficients;  ///< [sets][columns][bases x (1 + features)], row j: w_j0, w_j1, ...
  std::vector<std::vector<double>> constant_rate;  ///< [sets][columns] Hz
  std::vector<std::vector<double>>
      log_likelihood;  ///< [sets][columns] of the trials fitted; sum of y log rate - rate exposure
};
/// Maximises log-likelihood - ridge / 2 |w|^2 by Newton's method. `used`: [columns] others are left
/// at the constant rate. Throws NumericalError where ridge is 0 and the stimuli do not determine
/// the coefficients.
[[nodiscard]] GlmFit fit_glm(const TrainingSets& sets, std::size_t columns, const TimeGrid& grid,
                             std::size_t bases, double ridge, int threads);
[[nodiscard]] std::unique_ptr<IntensityModel> glm_baseline(GlmFit fit, const TrainingSets& sets,
                                                           const BaselineTrials& evaluated,
                                                           const TimeGrid& grid);

/// Logistic regression of choice on the stimulus, over answered trials: P(left) = logistic(w_0 + w
/// s), ridge / 2 |w|^2 on all but w_0. Returns [sets][1 + F]. Throws NumericalError where Newton's
/// method does not converge.
[[nodiscard]] std::vector<std::vector<double>> fit_logistic(const TrainingSets& sets, double ridge);
/// P(left) of one stimulus.
[[nodiscard]] double logistic_probability(std::span<const double> coefficients,
                                          std::span<const double> stimulus);

/// Log-normal race: each action a has a finishing time with log T_a = m_a(s) + sigma_a * normal,
/// m_a = (g_0 + g s) sigma_a; the first to finish answers. Other actions' answers and trial ends
/// censor it. In g and 1 / sigma the log-likelihood is concave (Burridge 1981, J. R. Stat. Soc. B
/// 43:41); a ridge on all of them but g_0, which also keeps sigma from 0 where all times are equal.
struct LogNormalRacer {
  std::vector<double> g;  ///< [1 + F]
  double precision = 0;   ///< 1 / sigma
};
/// [sets][left, right]. An action without an answer in a set never finishes there: precision 0.
[[nodiscard]] std::vector<std::array<LogNormalRacer, 2>> fit_race(const TrainingSets& sets,
                                                                  double ridge);
/// Log density (finished) or log survival at `time` s.
[[nodiscard]] double race_log_density(const LogNormalRacer& racer, std::span<const double> stimulus,
                                      double time);
[[nodiscard]] double race_log_survival(const LogNormalRacer& racer,
                                       std::span<const double> stimulus, double time);

}  // namespace nnpoisson
