#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "baselines/lbfgs.hpp"
#include "baselines/workers.hpp"

namespace nnpoisson {

/// Counts of one session and the means around which gains are fitted.
struct GainData {
  std::size_t units = 0;
  std::vector<double> count, total;  ///< [trials x units]; total: expected without gains or drift
  std::vector<double> bumps;         ///< [trials x formulas::drift_bumps]
  std::vector<double> choice;        ///< [trials] +1 left, -1 right, 0 none
  /// Of the penalty 0.5 decay x^2: of every unit's c, and of d.
  std::vector<double> loading_decay;
  double drift_decay = 0;
  [[nodiscard]] std::size_t trials() const { return choice.size(); }
};

/// Gains of a session's units.
struct FittedGains {
  std::vector<double> loading, log_shape;  ///< [units] c, ln q
  std::vector<double> drift;               ///< [units x formulas::drift_bumps]
};

/// Minus the log-likelihood of the counts under gains of a model by neuron (docs/neurons.md), with
/// equally likely nodes and less terms that no gain enters, plus their penalty; at parameters c, ln
/// q and d, one after the other, and its gradient.
class GainLoss {
 public:
  /// `data` must outlive it. `nodes`: values of the latent.
  GainLoss(const GainData& data, std::vector<double> nodes);
  [[nodiscard]] Smooth at(const std::vector<double>& parameters, Workers& workers) const;

 private:
  struct Shared;
  void add_trial(std::size_t n, const std::vector<double>& x, const Shared& shared,
                 Smooth& to) const;
  void add_penalty(const std::vector<double>& x, Smooth& to) const;

  const GainData& data_;
  std::vector<double> nodes_;
};

/// First the drift alone, then from where the model's own gains start (model/gain_start.hpp) all of
/// them.
[[nodiscard]] FittedGains fit_gains(const GainData& data, const std::vector<double>& nodes,
                                    Workers& workers);

}  // namespace nnpoisson
