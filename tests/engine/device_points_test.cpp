#define THRUST_DEVICE_SYSTEM \
  THRUST_DEVICE_SYSTEM_CPP  // without a GPU: Thrust's own loops in place of its CUDA kernels
#include <gtest/gtest.h>

#include <random>

#include "kernels/points.cuh"

namespace nnpoisson {
namespace {

class ThrustPointMerger final : public PointMerger {
 public:
  void merge(PlanPiece& piece, const MergeRule& rule, std::vector<Entry>& entries) const override {
    kernels::add_points(thrust::device, piece, rule, entries);
  }
  [[nodiscard]] std::string description() const override { return "by Thrust"; }
};

struct Case {
  std::string name;
  MergeRule rule;
  std::uint32_t stimuli, columns, times;  ///< distinct ones; times 0: all are distinct
  std::size_t entries;
};

std::vector<Entry> random_entries(const Case& c) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto one_of = [&](std::uint32_t n) {
    return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random);
  };
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < c.entries; ++i)
    entries.push_back(
        {c.times == 0 ? uniform(random) : one_of(c.times) / static_cast<double>(c.times),
         0.5 + uniform(random), 1 + 0.25 * one_of(2), one_of(c.stimuli), one_of(c.columns)});
  return entries;
}

class DevicePoints : public testing::TestWithParam<Case> {};

void expect_same(const PlanPiece& a, const PlanPiece& b) {
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.stimulus, b.stimulus);
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.column, b.column);
  EXPECT_EQ(a.square_spread, b.square_spread);
  ASSERT_EQ(a.interval.size(), b.interval.size());
  for (std::size_t i = 0; i < a.interval.size(); ++i) {
    EXPECT_EQ(a.interval[i].end, b.interval[i].end);
    EXPECT_EQ(a.interval[i].inverse_scale, b.interval[i].inverse_scale);
    EXPECT_EQ(a.interval[i].floor, b.interval[i].floor);
  }
  ASSERT_EQ(a.tiles.size(), b.tiles.size());
  for (std::size_t i = 0; i < a.tiles.size(); ++i) {
    const Tile &x = a.tiles[i], &y = b.tiles[i];
    EXPECT_EQ(std::tie(x.term, x.reading, x.count, x.first_point, x.first_weight, x.first_interval,
                       x.first_column, x.columns),
              std::tie(y.term, y.reading, y.count, y.first_point, y.first_weight, y.first_interval,
                       y.first_column, y.columns));
  }
}

TEST_P(DevicePoints, AreTheHosts) {
  const Case& c = GetParam();
  PlanPiece host, device;
  for (int piece = 0; piece < 2; ++piece) {  // the second is appended
    auto entries = random_entries(c), same = entries;
    HostPointMerger().merge(host, c.rule, entries);
    ThrustPointMerger().merge(device, c.rule, same);
  }
  ASSERT_GT(host.tiles.size(), 2U);
  expect_same(host, device);
}

INSTANTIATE_TEST_SUITE_P(
    All, DevicePoints,
    testing::Values(
        Case{"spikes", {Term::neural, Reading::rate, 0, 0, 1e-5}, 3, 4, 0, 3000},
        Case{"cells", {Term::neural, Reading::rate, 0.001, 0, 1e-5}, 3, 4, 0, 5000},
        Case{
            "cells_of_many_columns", {Term::neural, Reading::rate, 0.01, 0, 1e-5}, 2, 300, 0, 5000},
        Case{"shared_times", {Term::neural, Reading::rate, 0, 0, 1e-5}, 2, 3, 500, 9000},
        Case{"counts", {Term::neural, Reading::interval, 0, 0.01, 1e-5}, 5, 7, 40, 9000},
        Case{"exposure", {Term::behaviour, Reading::value, 0, 0, 1e-5}, 700, 2, 1, 2000}),
    [](const auto& of) { return of.param.name; });

TEST(DevicePoints, OfNoEntriesAreNone) {
  PlanPiece piece;
  std::vector<Entry> none;
  ThrustPointMerger().merge(piece, {Term::neural, Reading::rate, 0, 0, 1e-5}, none);
  EXPECT_TRUE(piece.tiles.empty() && piece.time.empty());
}

}  // namespace
}  // namespace nnpoisson
