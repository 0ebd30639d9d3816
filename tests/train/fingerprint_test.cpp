#include "train/fingerprint.hpp"

#include <gtest/gtest.h>

namespace nnpoisson {
namespace {

Dataset one_trial() {
  Dataset data;
  data.time_limit = 0.5;
  data.session_names = {"a"};
  data.region_names = {"b"};
  data.stimulus_names = {"c"};
  data.trial.session = {0};
  data.trial.stimulus = {0.25};
  data.trial.response_time = {0.125};
  data.trial.choice = {1};
  data.trial.observed_until = {0.125};
  data.spike.offset = {0, 0};
  return data;
}

std::uint64_t print_of(const Dataset& data) {
  Fingerprint print;
  print.add(data);
  return print.sum();
}

TEST(Fingerprint, OfADatasetWithoutPlacesIsThatOfOldCheckpoints) {
  // As computed before datasets could tell the places of trials.
  EXPECT_EQ(print_of(one_trial()), 0xaeaa46895072e56U);
}

TEST(Fingerprint, TellsPlacesApart) {
  const auto print = [](std::int64_t number, std::int64_t count) {
    Dataset data = one_trial();
    data.trial.number = {number};
    data.session_trials = {count};
    return print_of(data);
  };
  EXPECT_EQ(print(2, 5), print(2, 5));
  EXPECT_NE(print(2, 5), print(3, 5));
  EXPECT_NE(print(2, 5), print(2, 6));
  EXPECT_NE(print(0, 1), print_of(one_trial()));
}

}  // namespace
}  // namespace nnpoisson
