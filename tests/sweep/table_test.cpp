#include "sweep/table.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace nnpoisson {
namespace {

SweepFit fit(int configuration, int fold, double total, double test) {
  return {configuration,
          fold,
          0,
          10,
          fold + 2,
          {total / 2, total / 4, total / 4, total},
          {test, test, test, test},
          ""};
}

Grid grid_of(int configurations) {
  Grid grid{{"model.stimulus_widths"}, {}};
  for (int c = 0; c < configurations; ++c)
    grid.configurations.push_back(
        {preset_settings(Preset::exact), {"[" + std::to_string(c) + ",1]"}});
  return grid;
}

TEST(Table, MeansAndStandardErrorsByHand) {
  const std::vector<SweepFit> fits{fit(0, 0, 1, 9), fit(1, 0, 2, 1), fit(0, 1, 3, 9),
                                   fit(1, 1, 3, 1), fit(0, 2, 8, 9), fit(1, 2, 10, 1)};
  const auto table = make_table(grid_of(2), fits, true);
  ASSERT_EQ(table.configurations.size(), 2U);
  const auto& first = table.configurations[0];
  EXPECT_EQ(first.fits, 3);
  EXPECT_DOUBLE_EQ(first.validation.mean.total, 4);                         // 1 3 8
  EXPECT_DOUBLE_EQ(first.validation.error.total, std::sqrt(26.0 / 2 / 3));  // squares 9 1 16
  EXPECT_DOUBLE_EQ(first.validation.mean.neural, 2);
  EXPECT_DOUBLE_EQ(first.validation.error.left, std::sqrt(26.0 / 2 / 3) / 4);
  EXPECT_DOUBLE_EQ(first.iterations, 4);  // 3 4 5
  EXPECT_EQ(table.best, 0U) << "by validation: the other one is better on the test set";
  EXPECT_DOUBLE_EQ(first.behind, 0);
  EXPECT_DOUBLE_EQ(table.configurations[1].behind, 1);  // 1 0 2
  EXPECT_DOUBLE_EQ(table.configurations[1].behind_error, std::sqrt(2.0 / 2 / 3));
}

TEST(Table, AConfigurationWithAFailedFitIsNotTheBest) {
  auto failed = fit(0, 1, 0, 0);
  failed.failure = "not finite";
  const auto table = make_table(
      grid_of(2), std::vector{fit(0, 0, 1, 1), fit(1, 0, 2, 1), failed, fit(1, 1, 2, 1)}, false);
  EXPECT_EQ(table.best, 1U);
  EXPECT_EQ(table.configurations[0].failed, 1);
  EXPECT_EQ(table.configurations[0].fits, 2);
  EXPECT_DOUBLE_EQ(table.configurations[0].validation.mean.total, 1);
  EXPECT_TRUE(std::isnan(table.configurations[0].validation.error.total));
  EXPECT_TRUE(std::isnan(table.configurations[0].behind));
}

TEST(Table, AsCsv) {
  const auto table = make_table(grid_of(1), std::vector{fit(0, 0, 1, 5), fit(0, 1, 2, 5)}, true);
  EXPECT_EQ(
      to_csv(table),
      "configuration,model.stimulus_widths,best,fits,failed,iterations,validation total,validation "
      "total se,validation neural,"
      "validation neural se,validation left,validation left se,validation right,validation right "
      "se,test total,test total se,"
      "test neural,test neural se,test left,test left se,test right,test right se,behind the "
      "best,behind the best se\n"
      "0,\"[0,1]\",*,2,0,3.5,1.5,0.5,0.75,0.25,0.375,0.125,0.375,0.125,5,0,5,0,5,0,5,0,0,0\n");
}

}  // namespace
}  // namespace nnpoisson
