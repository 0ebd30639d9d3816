#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "baselines/workers.hpp"

namespace nnpoisson {

/// A concave function at some parameters.
struct Concave {
  explicit Concave(std::size_t size) : gradient(size), curvature(size * size) {}
  double value = 0;
  std::vector<double> gradient;   ///< [P]
  std::vector<double> curvature;  ///< [P x P] minus its second derivatives; the lower triangle
};

/// Newton's method with halved steps. `at` may give a value that is not finite where the function
/// is not defined. Throws NumericalError, beginning with `what`, where the curvature is singular or
/// a maximum is not reached; Interrupted where `workers` are asked to stop.
[[nodiscard]] std::vector<double> maximise(
    std::vector<double> start, const std::function<Concave(const std::vector<double>&)>& at,
    const std::string& what, const Workers& workers);

}  // namespace nnpoisson
