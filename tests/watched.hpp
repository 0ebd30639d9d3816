#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// Checks what every long call does with its Watch: progress reaches the end of its last phase,
/// never beyond; the result is the same without a watch; a stop, set before the call or while it
/// works, ends it. `call(watch)` returns something that can be compared.
template <class Call>
void expect_watched(const Call& call) {
  std::vector<Progress> seen;
  const Watch watching{[&](const Progress& now) { seen.push_back(now); }, nullptr};
  EXPECT_EQ(call(watching), call(Watch{}));
  ASSERT_FALSE(seen.empty());
  for (const auto& now : seen) EXPECT_LE(now.done, now.all) << now.phase;
  EXPECT_EQ(seen.back().done, seen.back().all) << seen.back().phase;

  std::atomic<bool> stop{true};
  EXPECT_THROW((void)call(Watch{{}, &stop}), Interrupted) << "a stop before the call";

  stop = false;
  const Watch stopping{[&](const Progress&) { stop = true; }, &stop};
  EXPECT_THROW((void)call(stopping), Interrupted) << "a stop at the first sign of progress";
}

}  // namespace nnpoisson
