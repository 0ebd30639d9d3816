#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"

namespace nnpoisson {

/// Models of one plan and shape that are trained in one launch; each ends by itself.
struct Launch {
  struct Member {
    std::uint64_t seed = 0;  ///< of its initial weights
    double learning_rate = 0;
    int iterations = 0, patience = 0;
  };
  NetworkShape shape;
  std::shared_ptr<const Plan> training, validation, test;  ///< test may be null
  int episodes = 1;
  BackendOptions backend;
  std::vector<Member> members;
};

/// What became of a member.
struct Fitted {
  int iterations = 0, best_iteration = 0;
  BatchLoss validation, test;  ///< at the best iteration
  std::string failure;         ///< empty: none
};

/// Trains them to the end, each as if it were alone. `threads` is asked before every iteration:
/// other fits may have left some idle, and the numbers do not depend on it. Nothing if `stop` was
/// set before the end.
[[nodiscard]] std::optional<std::vector<Fitted>> fit_side_by_side(
    const Launch& launch, const std::function<int()>& threads, const std::atomic<bool>& stop);

}  // namespace nnpoisson
