#include "sweep/recordings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "data/small_dataset.hpp"
#include "nnpoisson/folds.hpp"
#include "random_dataset.hpp"
#include "train/problem.hpp"

namespace nnpoisson {
namespace {

class Recordings : public testing::Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    data = testing::random_dataset({.seed = 2, .trials = 40});
    write_dataset(folder / "train.h5", data);
    write_dataset(folder / "test.h5", testing::random_dataset({.seed = 2, .trials = 11}));
    request.train = folder / "train.h5";
    request.test = folder / "test.h5";
    request.folds = 4;
    request.settings.train.time_resolution = 0;
    request.settings.train.batches = 3;
    request.backend.kind = BackendKind::reference;
  }
  [[nodiscard]] static BatchLoss loss(const Launch& launch,
                                      const std::shared_ptr<const Plan>& plan) {
    return sum_of_losses(*make_backend(launch.backend, launch.shape, plan), *plan,
                         initial_parameters(launch.shape, 1));
  }
  Dataset data;
  SweepRequest request;
};

TEST_F(Recordings, TheHeldOutFoldIsOnlyForValidation) {
  const auto grid = make_grid(request.settings, {});
  nnpoisson::Recordings recordings(request, grid, 9);
  const auto fold = trial_folds(data, 4, 0);
  for (int f = 0; f < 4; ++f) {
    SCOPED_TRACE(f);
    const auto launch = recordings.launch(grid.configurations[0], f);
    std::vector<std::int32_t> inside, outside;
    for (std::size_t n = 0; n < fold.size(); ++n)
      (fold[n] == f ? inside : outside).push_back(static_cast<std::int32_t>(n));
    for (const bool held_out : {false, true}) {
      const auto& plan = held_out ? launch.validation : launch.training;
      const Dataset alone = select_trials(data, held_out ? inside : outside);
      EXPECT_EQ(plan->spikes, alone.spike.time.size());
      EXPECT_EQ(plan->batches.size(), held_out ? 1U : 3U);
      if (!held_out) continue;  // its batches are drawn from the trials' numbers
      EXPECT_DOUBLE_EQ(loss(launch, plan).total,
                       loss(launch, std::make_shared<const Plan>(make_plan(alone, {}))).total);
    }
    EXPECT_EQ(launch.test->batches.size(), data.regions() + 1);
  }
}

TEST_F(Recordings, HeldOutLossesCompareWhateverTheGridTrains) {
  const auto grid = make_grid(
      request.settings,
      std::vector<std::string>{"train.behaviour_weight=1,10", "train.time_resolution=0,0.05"});
  nnpoisson::Recordings recordings(request, grid, 9);
  const auto base = recordings.launch(grid.configurations[0], 1);
  for (const auto& configuration : grid.configurations) {
    const auto launch = recordings.launch(configuration, 1);
    EXPECT_EQ(launch.validation, base.validation) << "also one and the same plan, made once";
    EXPECT_EQ(launch.test, base.test);
    EXPECT_EQ(launch.training == base.training, &configuration == grid.configurations.data());
  }
  EXPECT_NE(loss(base, recordings.launch(grid.configurations[2], 1).training).total,
            loss(base, base.training).total);
}

TEST_F(Recordings, AreRefusedWhereTheTestSetHasOtherUnits) {
  Dataset other = testing::random_dataset({.seed = 2, .trials = 11});
  other.unit.id[1] = 77;
  write_dataset(folder / "test.h5", other);
  const auto refused = [&](const std::vector<std::string>& words) {
    return testing::message(
        [&] { nnpoisson::Recordings(request, make_grid(request.settings, words), 9); });
  };
  EXPECT_EQ(refused({}), "no error");
  EXPECT_EQ(refused({"model.readout=region,unit"})
                .rfind((folder / "test.h5").string() + ": unit/id[1]: is unit 77", 0),
            0U);
}

}  // namespace
}  // namespace nnpoisson
