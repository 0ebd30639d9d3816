#pragma once

#include <array>
#include <span>
#include <vector>

#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"

/// Baselines of behaviour: simpler models of choice and response time.
namespace nnpoisson {

/// Logistic regression of choice on the stimulus, over answered trials: P(left) = logistic(w_0 + w
/// s), ridge / 2 |w|^2 on all but w_0. Returns [sets][1 + F]. Throws NumericalError where Newton's
/// method does not converge.
[[nodiscard]] std::vector<std::vector<double>> fit_logistic(const TrainingSets& sets, double ridge,
                                                            Workers& workers);
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
                                                                  double ridge, Workers& workers);
/// Log density (finished) or log survival at `time` s.
[[nodiscard]] double race_log_density(const LogNormalRacer& racer, std::span<const double> stimulus,
                                      double time);
[[nodiscard]] double race_log_survival(const LogNormalRacer& racer,
                                       std::span<const double> stimulus, double time);

}  // namespace nnpoisson
