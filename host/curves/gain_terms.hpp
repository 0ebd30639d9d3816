#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "nnpoisson/formulas/neurons.hpp"

namespace nnpoisson {

/// What a unit's gains are in one trial.
struct UnitGain {
  double count = 0, log_drift = 0;
  double total = 0;    ///< Lambda at the trial's end, without drift
  double loading = 0;  ///< c
  double shape = 0;    ///< q; infinity without the private gain
};

/// Adds to each node's entry what the gains make of log p(the unit's spikes | node).
inline void add_gain_terms(const UnitGain& g, std::span<const double> nodes, std::span<double> to) {
  const double expected = g.total * std::exp(g.log_drift);
  double common = g.count * g.log_drift;
  if (std::isfinite(g.shape))
    for (double j = 1; j < g.count; ++j) common += formulas::count_factor(j, g.shape).value;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const double eta = formulas::log_gain(g.loading, nodes[k]), gain = std::exp(eta);
    to[k] += common + (std::isfinite(g.shape)
                           ? formulas::private_gain_term(g.count, eta, g.shape + g.count,
                                                         expected / g.shape, gain)
                           : formulas::shared_gain_term(g.count, eta, expected, gain));
  }
}

}  // namespace nnpoisson
