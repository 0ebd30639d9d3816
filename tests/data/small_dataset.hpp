#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson::testing {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two sessions, three regions (one without units), three units, three trials, five spikes.
inline Dataset small_dataset() {
  Dataset data;
  data.time_limit = 0.5;
  data.session_names = {"first", "second"};
  data.region_names = {"b", "B", "é"};
  data.stimulus_names = {"left", "right"};
  data.trial.session = {0, 1, 0};
  data.trial.stimulus = {0, 1, 2, 3, 4, 5};
  data.trial.response_time = {0.25, nan, 0.75};
  data.trial.choice = {1, 0, -1};
  data.trial.observed_until = {0.25, 0.5, 0.5};
  data.unit.session = {0, 0, 1};
  data.unit.region = {0, 2, 2};
  data.unit.id = {7, 8, -1};
  data.spike.offset = {0, 2, 2, 5};
  data.spike.time = {0, 0.125, 0.25, 0.25, 0.375};
  data.spike.unit = {1, 0, 0, 1, 1};
  return data;
}

/// The same recording as counts in bins of 0.05 s.
inline Dataset small_counts() {
  Dataset data = small_dataset();
  data.spike = {};
  data.bin_width = 0.05;
  data.count.offset = {0, 2, 2, 4};
  data.count.bin = {0, 4, 5, 9};
  data.count.unit = {1, 0, 1, 1};
  data.count.value = {1, 2, 1, 3};
  return data;
}

/// One of the two with what it may also tell: trials 4 and 2 of the 6 of the first session, the
/// only one of the second.
inline Dataset with_places(Dataset data) {
  data.trial.number = {4, 0, 2};
  data.session_trials = {6, 1};
  return data;
}

/// The message of the Error that `made` throws.
template <class Expected = DataError, class Made>
std::string message(Made&& made) {
  try {
    made();
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "no error";
}

/// A folder of its own for each test.
class Scratch : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "_" + test->name() + "_" +
                       std::to_string(::getpid());
    std::replace(name.begin(), name.end(), '/', '_');
    folder = std::filesystem::temp_directory_path() / ("nnpoisson_" + name);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

/// The same but for response times, which may differ by `tolerance`, s.
inline void expect_same(const Dataset& a, const Dataset& b, double tolerance = 0) {
  EXPECT_EQ(a.time_limit, b.time_limit);
  EXPECT_EQ(a.bin_width, b.bin_width);
  EXPECT_EQ(a.session_names, b.session_names);
  EXPECT_EQ(a.region_names, b.region_names);
  EXPECT_EQ(a.stimulus_names, b.stimulus_names);
  EXPECT_EQ(a.trial.session, b.trial.session);
  EXPECT_EQ(a.trial.stimulus, b.trial.stimulus);
  EXPECT_EQ(a.trial.choice, b.trial.choice);
  EXPECT_EQ(a.trial.observed_until, b.trial.observed_until);
  EXPECT_EQ(a.trial.number, b.trial.number);
  EXPECT_EQ(a.session_trials, b.session_trials);
  ASSERT_EQ(a.trials(), b.trials());
  for (std::size_t n = 0; n < a.trials(); ++n) {
    const double is = a.trial.response_time[n], should = b.trial.response_time[n];
    EXPECT_TRUE(std::isnan(should) ? std::isnan(is) : std::abs(is - should) <= tolerance)
        << n << ": " << is << ", not " << should;
  }
  EXPECT_EQ(a.unit.session, b.unit.session);
  EXPECT_EQ(a.unit.region, b.unit.region);
  EXPECT_EQ(a.unit.id, b.unit.id);
  EXPECT_EQ(a.spike.offset, b.spike.offset);
  EXPECT_EQ(a.spike.time, b.spike.time);
  EXPECT_EQ(a.spike.unit, b.spike.unit);
  EXPECT_EQ(a.count.offset, b.count.offset);
  EXPECT_EQ(a.count.bin, b.count.bin);
  EXPECT_EQ(a.count.unit, b.count.unit);
  EXPECT_EQ(a.count.value, b.count.value);
}

}  // namespace nnpoisson::testing
