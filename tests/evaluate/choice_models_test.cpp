#include "evaluate/choice_models.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nnpoisson {
namespace {

TEST(ChoiceTally, TiesCountHalf) {
  const ChoiceTally tally({0.9, 0.5, 0.5, 0.1}, {true, true, false, false});
  const std::vector<double> once(4, 1);
  EXPECT_NEAR(tally.area(once), 3.5 / 4, 1e-15);
  EXPECT_NEAR(tally.accuracy(once), 3.0 / 4, 1e-15);
}

/// A trial that counts twice is two trials, one that does not count is none.
TEST(ChoiceTally, WeightsAreNumbersOfTrials) {
  const ChoiceTally weighed({0.9, 0.4, 0.6, 0.1}, {true, true, false, false});
  const std::vector<double> weight{2, 1, 3, 0};
  const ChoiceTally counted({0.9, 0.9, 0.4, 0.6, 0.6, 0.6},
                            {true, true, true, false, false, false});
  const std::vector<double> once(6, 1);
  EXPECT_NEAR(weighed.area(weight), counted.area(once), 1e-15);
  EXPECT_NEAR(weighed.area(weight), 6.0 / 9, 1e-15);
  EXPECT_NEAR(weighed.accuracy(weight), counted.accuracy(once), 1e-15);
  EXPECT_NEAR(weighed.log_likelihood(weight), counted.log_likelihood(once), 1e-12);
}

TEST(ChoiceTally, NeedsBothSides) {
  const ChoiceTally tally({0.9}, {true});
  EXPECT_TRUE(std::isnan(tally.area(std::vector{1.0})));
  EXPECT_EQ(tally.accuracy(std::vector{1.0}), 1);
  EXPECT_TRUE(std::isnan(tally.accuracy(std::vector{0.0})));
}

}  // namespace
}  // namespace nnpoisson
