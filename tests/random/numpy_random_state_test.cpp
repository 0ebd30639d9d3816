#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

using Order = std::vector<std::int32_t>;

// Expected values: numpy.random.RandomState(seed), permutations of 1, 2, 10, 17 drawn one after the
// other (NumPy 2.4.6).
struct Case {
  std::uint32_t seed;
  Order of_2, of_10, of_17;
};

class Permutation : public testing::TestWithParam<Case> {};
TEST_P(Permutation, EqualsNumpy) {
  NumpyRandomState state(GetParam().seed);
  EXPECT_EQ(state.permutation(1), Order{0});
  EXPECT_EQ(state.permutation(2), GetParam().of_2);
  EXPECT_EQ(state.permutation(10), GetParam().of_10);
  EXPECT_EQ(state.permutation(17), GetParam().of_17);
}
INSTANTIATE_TEST_SUITE_P(
    Seeds, Permutation,
    testing::Values(Case{0,
                         {1, 0},
                         {2, 8, 4, 9, 1, 6, 7, 3, 0, 5},
                         {5, 2, 3, 16, 11, 0, 9, 12, 15, 14, 1, 10, 13, 8, 6, 7, 4}},
                    Case{1,
                         {0, 1},
                         {2, 3, 4, 9, 1, 6, 0, 7, 5, 8},
                         {8, 3, 12, 15, 0, 16, 1, 7, 10, 11, 13, 14, 5, 4, 2, 9, 6}},
                    Case{12345,
                         {1, 0},
                         {7, 0, 3, 6, 2, 9, 8, 4, 1, 5},
                         {4, 13, 8, 5, 16, 3, 12, 10, 1, 15, 2, 0, 6, 7, 11, 9, 14}},
                    Case{4294967295,
                         {0, 1},
                         {3, 8, 5, 6, 1, 9, 0, 4, 7, 2},
                         {2, 8, 3, 0, 4, 9, 15, 1, 5, 12, 14, 7, 6, 13, 16, 10, 11}}));

// Long enough to refill the generator's state many times; compared by the FNV-1a hash over whole
// elements.
TEST(NumpyRandomState, LongPermutationsEqualNumpy) {
  const auto hash = [](const Order& order) {
    std::uint64_t h = 14695981039346656037U;
    for (const auto x : order) h = (h ^ static_cast<std::uint64_t>(x)) * 1099511628211U;
    return h;
  };
  NumpyRandomState state(0);
  const auto order = state.permutation(100000);
  EXPECT_EQ((Order(order.begin(), order.begin() + 4)), (Order{3582, 60498, 53227, 21333}));
  EXPECT_EQ(hash(order), 1447507690936317231U);
  EXPECT_EQ(hash(state.permutation(1000)), 15865202676775310229U);
}

TEST(NumpyRandomState, NothingToPermute) {
  EXPECT_TRUE(NumpyRandomState(0).permutation(0).empty());
}

}  // namespace
}  // namespace nnpoisson
