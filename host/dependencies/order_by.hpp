#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace nnpoisson {

enum class Order { ascending, descending };

/// 0 ... values.size() - 1, by their values; NaN last.
inline std::vector<std::size_t> order_by(std::span<const double> values, Order by) {
  const double sign = by == Order::ascending ? 1 : -1;
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    return std::isnan(values[i]) ? std::numeric_limits<double>::infinity() : sign * values[i];
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace nnpoisson
