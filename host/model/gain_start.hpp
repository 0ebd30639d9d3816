#pragma once

#include <cstddef>
#include <vector>

namespace nnpoisson {

/// Counts of one session and what a model expects without gains but with drift, [trials x units].
struct SessionCounts {
  std::size_t units = 0;
  std::vector<double> count, expected, choice;  ///< choice: [trials] +1 left, -1 right, 0 none
  [[nodiscard]] std::size_t trials() const { return choice.size(); }
};

/// c of a session's units: the leading component of the counts around what is expected, signed so
/// that the latent goes with choices of left (without choices: so that the largest entry is
/// positive).
[[nodiscard]] std::vector<double> starting_loadings(const SessionCounts& session);

/// ln q of a session's units: it has the variance that the loadings leave.
[[nodiscard]] std::vector<double> starting_log_shapes(const SessionCounts& session,
                                                      const std::vector<double>& loadings);

}  // namespace nnpoisson
