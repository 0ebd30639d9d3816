#include "sweep/grid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "data/small_dataset.hpp"

namespace nnpoisson {
namespace {

Grid made(const std::vector<std::string>& words) {
  return make_grid(preset_settings(Preset::exact), words);
}
std::string refusal(const std::vector<std::string>& words) {
  return testing::message<UsageError>([&] { static_cast<void>(made(words)); });
}

TEST(Grid, TakesAllCombinations) {
  const auto grid = made(
      {"model.hidden_width=5,7", "model.stimulus_widths=[3,4], [5, 6]", "train.precision=double"});
  EXPECT_EQ(grid.keys, (std::vector<std::string>{"model.hidden_width", "model.stimulus_widths",
                                                 "train.precision"}));
  ASSERT_EQ(grid.configurations.size(), 4U);
  const auto& third = grid.configurations[2];
  EXPECT_EQ(third.values, (std::vector<std::string>{"7", "[3,4]", "double"}));
  EXPECT_EQ(third.settings.model.hidden_width, 7);
  EXPECT_EQ(third.settings.model.stimulus_widths, (std::array{3, 4}));
  EXPECT_EQ(third.settings.train.precision, Precision::double_precision);
  EXPECT_EQ(grid.configurations[1].settings.model.stimulus_widths, (std::array{5, 6}));
}

TEST(Grid, WithoutOneTheBaseIsTheOnlyConfiguration) {
  Settings base;
  base.model.time_width = 3;
  const auto grid = make_grid(base, {});
  ASSERT_EQ(grid.configurations.size(), 1U);
  EXPECT_EQ(to_toml(grid.configurations[0].settings), to_toml(base));
}

TEST(Grid, ThePapersHasSixteenAndThePublishedOneAmongThem) {
  const auto grid = made({"paper"});
  std::set<std::string> different;
  for (const auto& configuration : grid.configurations)
    different.insert(to_toml(configuration.settings));
  EXPECT_EQ(different.size(), 16U);
  EXPECT_EQ(different.count(to_toml(preset_settings(Preset::exact))), 1U)
      << "widths of 10 are the published program's";
  EXPECT_EQ(made({"paper", "train.learning_rate=1e-3,5e-3"}).configurations.size(), 32U);
}

TEST(Grid, RefusesWhatCannotBeChosenByValidation) {
  for (const std::string key : {"seed", "train.validation", "train.save_every"})
    EXPECT_EQ(refusal({key + "=0,1"})
                  .rfind("--grid: " + key + " is no setting to choose by validation", 0),
              0U)
        << refusal({key + "=0,1"});
  EXPECT_EQ(refusal({"model.hidden_wdth=5"}),
            "\"model.hidden_wdth=5\": unknown setting \"model.hidden_wdth\"; the nearest known one "
            "is \"model.hidden_width\"");
  EXPECT_EQ(refusal({"papers"}),
            "--grid: \"papers\" is no grid's name (there is \"paper\") and not key=value,value");
  EXPECT_EQ(refusal({"paper", "model.time_width=1,2"}),
            "--grid: model.time_width is given twice; write all its values once, "
            "model.time_width=value,value");
  EXPECT_EQ(refusal({"model.time_width=5,5"}),
            "--grid: a value is given twice; leave one of them out");
  EXPECT_NE(refusal({"model.time_width="}), "no error");
  EXPECT_NE(refusal({"model.time_width=1,,2"}), "no error");
  EXPECT_NE(refusal({"preset=exact,authors"}), "no error");
}

}  // namespace
}  // namespace nnpoisson
