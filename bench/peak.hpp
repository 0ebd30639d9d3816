#pragma once

#include <vector>

namespace nnpoisson {

/// A loop of independent fused multiply-adds on one kind of vector register, to hold the engine's
/// rate against.
struct PeakLoop {
  const char* name;
  double flops_of_a_turn;
  float (*run)(long turns);
};

/// Those that this machine runs.
[[nodiscard]] std::vector<PeakLoop> peak_loops();

}  // namespace nnpoisson
