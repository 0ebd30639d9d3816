#pragma once

#include <vector>

#include "report/figure.hpp"

namespace nnpoisson::report {

struct Axis {
  double first = 0, last = 1, step = 0.25;  ///< its ends, and from one tic to the next
};

/// About four tics, at 1, 2 or 5 times a power of ten.
[[nodiscard]] Axis axis(double first, double last);

/// The smallest and the largest of some numbers.
class Extent {
 public:
  /// Also takes what lies `around` each of them.
  void take(const std::vector<double>& numbers, double around = 0);
  /// What was taken, a little wider (`margin`), with the ends that `given` has.
  [[nodiscard]] Axis axis(Range given, double margin) const;

 private:
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
};

}  // namespace nnpoisson::report
