#include "nnpoisson/folds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "data/small_dataset.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

TEST(Folds, DifferByOneTrialAtMostInEachSessionAndInAll) {
  const auto data = testing::random_dataset({.seed = 3, .sessions = 4, .trials = 103});
  for (const int folds : {2, 5, 7, 103}) {
    SCOPED_TRACE(folds);
    const auto fold = trial_folds(data, folds, 1);
    ASSERT_EQ(fold.size(), data.trials());
    std::map<std::int32_t, std::vector<int>> sizes;  // by session; -1: all
    for (std::size_t n = 0; n < fold.size(); ++n) {
      ASSERT_TRUE(fold[n] >= 0 && fold[n] < folds);
      for (const auto session : {-1, data.trial.session[n]}) {
        sizes[session].resize(static_cast<std::size_t>(folds));
        ++sizes[session][static_cast<std::size_t>(fold[n])];
      }
    }
    EXPECT_EQ(sizes.size(), 5U);
    for (const auto& [session, count] : sizes) {
      const auto [least, most] = std::minmax_element(count.begin(), count.end());
      EXPECT_LE(*most - *least, 1) << "session " << session;
    }
  }
}

TEST(Folds, AreDrawnFromTheSeed) {
  const auto data = testing::random_dataset({.seed = 3, .sessions = 2, .trials = 60});
  EXPECT_EQ(trial_folds(data, 5, 1), trial_folds(data, 5, 1));
  EXPECT_NE(trial_folds(data, 5, 1), trial_folds(data, 5, 2));
}

TEST(Folds, NeedATrialEach) {
  const auto data = testing::random_dataset({.trials = 6});
  EXPECT_EQ(testing::message<UsageError>([&] { static_cast<void>(trial_folds(data, 7, 0)); }),
            "folds: 7 of 6 trials; at least 2 are needed, and a trial for each");
  EXPECT_NE(testing::message<UsageError>([&] { static_cast<void>(trial_folds(data, 1, 0)); }),
            "no error");
}

}  // namespace
}  // namespace nnpoisson
