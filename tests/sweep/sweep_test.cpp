#include "nnpoisson/sweep.hpp"

#include <gtest/gtest.h>

#include <string>

#include "data/small_dataset.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

const std::atomic<bool> go_on{false};

class Sweep : public testing::Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    write_dataset(folder / "train.h5", testing::random_dataset({.seed = 2, .trials = 40}));
    request.train = folder / "train.h5";
    request.folds = 3;
    request.settings = preset_settings(Preset::exact);
    request.settings.train.iterations = 5;
    request.settings.train.batches = 2;
    request.backend = {.kind = BackendKind::cpu, .threads = 2};
    request.refit = false;
  }
  SweepRequest request;
};

TEST_F(Sweep, InLaunchesOfManyModelsAsInLaunchesOfOne) {
  request.grid = {"model.hidden_width=4,5", "train.learning_rate=0.01,0.05,0.1",
                  "train.iterations=3,5"};
  request.seeds = {0, 7};
  const auto swept = [&](int models) {
    request.models_a_launch = models;
    request.folder = folder / std::to_string(models);
    auto outcome = sweep(request, go_on, {}, {});
    EXPECT_EQ(outcome.fits, 72U);
    EXPECT_FALSE(outcome.interrupted);
    return to_csv(outcome.table);
  };
  const auto one = swept(1);
  EXPECT_EQ(one, swept(5));
  EXPECT_EQ(one, swept(1000));
}

TEST_F(Sweep, TellsHowFarItIs) {
  request.folder = folder / "sweep";
  request.backend.threads = 1;
  std::size_t last = 0;
  static_cast<void>(sweep(request, go_on,
                          [&](const SweepProgress& p) {
                            EXPECT_GT(p.done, last);
                            last = p.done;
                            EXPECT_EQ(p.all, 3U);
                            EXPECT_GE(p.seconds_left, 0);
                          },
                          {}));
  EXPECT_EQ(last, 3U);
}

TEST_F(Sweep, PresetAuthorsToo) {
  request.settings = preset_settings(Preset::authors);
  request.settings.train.iterations = 2;
  request.settings.train.batches = 2;
  request.folder = folder / "sweep";
  request.grid = {"model.hidden_width=4,5"};
  const auto outcome = sweep(request, go_on, {}, {});
  EXPECT_EQ(outcome.failed, 0U);
  EXPECT_TRUE(outcome.table.best.has_value());
}

TEST_F(Sweep, StoppedItKeepsWhatIsDone) {
  request.folder = folder / "sweep";
  request.backend.threads = 1;
  std::atomic<bool> stop{false};
  const auto outcome = sweep(request, stop, [&](const SweepProgress&) { stop = true; }, {});
  EXPECT_EQ(std::filesystem::exists(request.folder / "table.csv"), !outcome.interrupted);
  request.mode = FolderMode::resume;
  std::string first_message;
  const auto resumed = sweep(request, go_on, {}, [&](const std::string& text) {
    first_message = first_message.empty() ? text : first_message;
  });
  EXPECT_FALSE(resumed.interrupted);
  EXPECT_NE(first_message.find("done before"), std::string::npos) << first_message;
}

}  // namespace
}  // namespace nnpoisson
