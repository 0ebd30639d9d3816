#pragma once

namespace nnpoisson {

/// The area under an ROC curve is the probability that a case of one kind scores above a case of
/// the other. What one case adds to it: the weight of the other kind's cases that score below it,
/// and half of that of its ties.
[[nodiscard]] constexpr double beaten(double below, double tied) {
  return below + tied / 2;
}

}  // namespace nnpoisson
