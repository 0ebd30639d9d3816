#include "sweep/sweep_plans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "data/small_dataset.hpp"
#include "fit/losses.hpp"
#include "fit/unfitted_model.hpp"
#include "nnpoisson/folds.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

class PlansOfASweep : public testing::Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    data = testing::random_dataset({.seed = 2, .trials = 40});
    write_dataset(folder / "train.h5", data);
    write_dataset(folder / "test.h5", testing::random_dataset({.seed = 2, .trials = 11}));
    request.train = folder / "train.h5";
    request.test = folder / "test.h5";
    request.folds = 4;
    request.settings = preset_settings(Preset::exact);
    request.settings.train.time_resolution = 0;
    request.settings.train.batches = 3;
    request.backend.kind = BackendKind::reference;
  }
  [[nodiscard]] BatchLoss loss(const FitPlans& fold_plans, const FitSet& set) {
    return plan_loss(*set.make_backend(request.backend), set, fold_plans.start(1)).sum;
  }
  Dataset data;
  SweepRequest request;
};

TEST_F(PlansOfASweep, TheHeldOutFoldIsOnlyForValidation) {
  const auto grid = make_grid(request.settings, {});
  SweepPlans plans(request, 9);
  const auto fold = trial_folds(data, 4, 0);
  for (int f = 0; f < 4; ++f) {
    SCOPED_TRACE(f);
    const auto fold_plans = plans.plans_of(grid.configurations[0], f);
    std::vector<std::int32_t> inside, outside;
    for (std::size_t n = 0; n < fold.size(); ++n)
      (fold[n] == f ? inside : outside).push_back(static_cast<std::int32_t>(n));
    for (const bool held_out : {false, true}) {
      const auto& plan = held_out ? fold_plans.validation : fold_plans.training;
      const Dataset alone = select_trials(data, held_out ? inside : outside);
      EXPECT_EQ(plan.spikes(), alone.spike.time.size());
      EXPECT_EQ(plan.batches(), held_out ? 1U : 3U);
      if (!held_out) continue;  // its batches are drawn from the trials' numbers
      EXPECT_DOUBLE_EQ(loss(fold_plans, plan).total,
                       loss(fold_plans, {network_shape(request.settings, data),
                                         std::make_shared<const Plan>(make_plan(alone, {}))})
                           .total);
    }
    EXPECT_EQ(fold_plans.test.batches(), data.regions() + 1);
  }
}

TEST_F(PlansOfASweep, HeldOutLossesCompareWhateverTheGridTrains) {
  const auto grid = make_grid(
      request.settings,
      std::vector<std::string>{"train.behaviour_weight=1,10", "train.time_resolution=0,0.05"});
  SweepPlans plans(request, 9);
  const auto base = plans.plans_of(grid.configurations[0], 1);
  for (const auto& configuration : grid.configurations) {
    const auto fold_plans = plans.plans_of(configuration, 1);
    EXPECT_EQ(fold_plans.validation, base.validation) << "also one and the same plan, made once";
    EXPECT_EQ(fold_plans.test, base.test);
    EXPECT_EQ(fold_plans.training == base.training, &configuration == grid.configurations.data());
  }
  EXPECT_NE(loss(base, plans.plans_of(grid.configurations[2], 1).training).total,
            loss(base, base.training).total);
}

TEST_F(PlansOfASweep, ByNeuronAreRefusedWhereTheTestSetHasOtherUnits) {
  Dataset other = testing::random_dataset({.seed = 2, .trials = 11});
  other.unit.id[1] = 77;
  write_dataset(folder / "test.h5", other);
  const auto refused = [&] { return testing::message([&] { SweepPlans(request, 9); }); };
  EXPECT_EQ(refused(), "no error");
  request.settings = preset_settings(Preset::neurons);
  EXPECT_EQ(refused().rfind((folder / "test.h5").string() + ": unit/id[1]: is unit 77", 0), 0U);
}

}  // namespace
}  // namespace nnpoisson
