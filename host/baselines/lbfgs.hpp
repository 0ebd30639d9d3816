#pragma once

#include <functional>
#include <vector>

#include "baselines/workers.hpp"

namespace nnpoisson {

/// A smooth function at some parameters.
struct Smooth {
  double value = 0;
  std::vector<double> gradient;
};

/// L-BFGS (Nocedal and Wright 2006, algorithm 7.5) with halved steps, from `start` until a step
/// promises nothing or after `steps`. Throws Interrupted where `workers` are asked to stop.
[[nodiscard]] std::vector<double> minimise(
    std::vector<double> start, const std::function<Smooth(const std::vector<double>&)>& at,
    int steps, const Workers& workers);

}  // namespace nnpoisson
