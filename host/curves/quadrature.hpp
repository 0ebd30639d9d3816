#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace nnpoisson {

struct Node {
  double time, weight;
};

/// Gauss-Legendre, three points a cell, between neighbouring `edges` (ascending), where a curve may
/// have kinks. Cells are a 64th of `limit` or less: narrow against the time in which hazards
/// change.
inline std::vector<Node> quadrature(const std::vector<double>& edges, double limit) {
  const std::array<double, 3> place{-std::sqrt(0.6), 0, std::sqrt(0.6)},
      weight{5.0 / 18, 8.0 / 18, 5.0 / 18};
  std::vector<Node> nodes;
  for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
    const int cells = static_cast<int>(std::ceil(64 * (edges[e + 1] - edges[e]) / limit));
    const double width = (edges[e + 1] - edges[e]) / cells;
    for (int k = 0; k < cells; ++k)
      for (std::size_t i = 0; i < place.size(); ++i)
        nodes.push_back({edges[e] + width * (k + 0.5 + 0.5 * place[i]), width * weight[i]});
  }
  return nodes;
}

}  // namespace nnpoisson
