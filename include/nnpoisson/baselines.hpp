#pragma once

#include <cstddef>
#include <vector>

namespace nnpoisson {

/// The Poisson regression of spikes that stands beside the network (docs/evaluation.md):
///   log rate = log constant rate + sum_j b_j(t) (w_j0 + sum_f w_jf s_f)
/// with raised cosines b_j over time since onset, alone and times each stimulus feature s_f.
/// A column is the units of a region, or with preset neurons one unit. A set is the trials of one
/// fit: one set, or one for each fold of a cross-validation.
struct GlmFit {
  std::size_t bases = 0, features = 0;
  double ridge = 0;
  /// [sets][columns][bases x (1 + features)], row j: w_j0, w_j1, ...
  std::vector<std::vector<std::vector<double>>> coefficients;
  std::vector<std::vector<double>> constant_rate;  ///< [sets][columns] Hz
  /// [sets][columns] of the trials fitted; sum of y log rate - rate exposure
  std::vector<std::vector<double>> log_likelihood;
};

/// One strength of a penalty: log-likelihood of the trials that cross-validation over the training
/// set held out, nats.
struct RidgeTrial {
  double ridge = 0, log_likelihood = 0;
};

}  // namespace nnpoisson
