#pragma once

#include <limits>
#include <span>
#include <vector>

namespace nnpoisson {

/// The weights that did best on the validation trials, and when to wait no longer for better ones.
struct BestModel {
  double validation = std::numeric_limits<double>::infinity();
  int iteration = -1;
  std::vector<double> parameters;  ///< empty until there is a validation loss

  /// Takes them if they did better; whether it did.
  bool offer(int now, double loss, std::span<const double> weights) {
    if (!(loss < validation)) return false;
    validation = loss;
    iteration = now;
    parameters.assign(weights.begin(), weights.end());
    return true;
  }
  [[nodiscard]] bool out_of_patience(int iterations_done, int patience) const {
    return iteration >= 0 && iterations_done - 1 - iteration >= patience;
  }
};

}  // namespace nnpoisson
