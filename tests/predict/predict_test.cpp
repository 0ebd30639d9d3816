#include "nnpoisson/predict.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/sample.hpp"
#include "watched.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

TEST(Predict, TheSameOnAnyNumberOfThreads) {
  const auto [model, trials] = demonstration(16);
  const auto stimuli = distinct_stimuli(model, trials);
  ASSERT_EQ(stimuli.size(), 16U);
  const Prediction one = predict(model, stimuli, {.threads = 1}),
                   three = predict(model, stimuli, {.threads = 3});
  EXPECT_EQ(one.region_intensity, three.region_intensity);
  EXPECT_EQ(one.density, three.density);
  EXPECT_EQ(one.median_time, three.median_time);
}

TEST(Predict, IsWatched) {
  const auto [model, trials] = demonstration(16);
  const auto stimuli = distinct_stimuli(model, trials);
  expect_watched(
      [&](const Watch& watch) { return predict(model, stimuli, {.threads = 2}, watch).density; });
}

TEST(Predict, RefusesWhatItCannotShow) {
  const Model model = demonstration(1).model;
  const std::vector<std::vector<double>> stimuli{{0, 1}};
  EXPECT_THROW((void)predict(model, stimuli, {.times = {0, 1.5}}), UsageError);
  EXPECT_THROW((void)predict(model, stimuli, {.times = {-0.1, 1}}), UsageError);
  EXPECT_THROW((void)predict(model, stimuli, {.times = {0.2, 0.1}}), UsageError);
  EXPECT_THROW((void)predict(model, stimuli, {.times = {std::nan("")}}), UsageError);
  EXPECT_THROW((void)predict(model, stimuli, {.observed_until = 2}), UsageError);
  EXPECT_THROW((void)predict(model, stimuli, {.units = true}), UsageError);
  EXPECT_THROW((void)predict(model, {{0, 1}, {0}}), UsageError);
  EXPECT_THROW(require_prediction_file("prediction.txt"), UsageError);
}

TEST(Predict, ReadsStimuliByName) {
  const Model model = demonstration(1).model;
  const fs::path file = fs::path(testing::TempDir()) / "stimuli.csv";
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    return read_stimuli(model, file);
  };
  EXPECT_EQ(read("contrast_right,name,contrast_left\n1,a,0.5\n0.25,b,0\n"),
            (std::vector<std::vector<double>>{{0.5, 1}, {0, 0.25}}));
  EXPECT_THROW(read("contrast_right\n1\n"), DataError);
  EXPECT_THROW(read("contrast_right,contrast_left\n1,much\n"), DataError);
  EXPECT_THROW(read("contrast_right,contrast_left\n1,\n"), DataError);
  fs::remove(file);
}

}  // namespace
}  // namespace nnpoisson
