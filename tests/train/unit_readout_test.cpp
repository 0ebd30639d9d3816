#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "nnpoisson/error.hpp"
#include "nnpoisson/evaluate.hpp"
#include "nnpoisson/sample.hpp"
#include "nnpoisson/train.hpp"
#include "own_folder.hpp"

namespace nnpoisson {
namespace {

/// The known model with every unit's own readout: its region's, scaled by 0.2 to 2.
Model by_unit(const Model& model, const Dataset& like) {
  Model made = model;
  made.shape.unit_region = like.unit.region;
  const ParameterLayout from(model.shape), to(made.shape);
  made.parameters.assign(to.size(), 0.0);
  const auto units = like.units(), regions = static_cast<std::size_t>(model.shape.regions);
  for (std::size_t t = 0; t < tensor_count; ++t) {
    const auto tensor = static_cast<Tensor>(t);
    if (tensor != Tensor::E && tensor != Tensor::e) {
      std::copy_n(model.parameters.begin() + static_cast<std::ptrdiff_t>(from[tensor].offset),
                  from[tensor].size(),
                  made.parameters.begin() + static_cast<std::ptrdiff_t>(to[tensor].offset));
      continue;
    }
    for (std::size_t row = 0; row < from[tensor].size() / regions; ++row)
      for (std::size_t u = 0; u < units; ++u)
        made.parameters[to[tensor].offset + row * units + u] =
            (0.2 + 1.8 * static_cast<double>(u % 7) / 6) *
            model.parameters[from[tensor].offset + row * regions +
                             static_cast<std::size_t>(like.unit.region[u])];
  }
  made.units = {};
  for (std::size_t u = 0; u < units; ++u) {
    made.units.session.push_back(
        like.session_names[static_cast<std::size_t>(like.unit.session[u])]);
    made.units.id.push_back(like.unit.id[u]);
    made.units.constant_rate.push_back(5);
  }
  return made;
}

double log_likelihood(const Evaluation& e) {
  return e.log_likelihood + e.behaviour.log_likelihood[0] + e.behaviour.log_likelihood[1];
}

TEST(StatisticsUnitReadout, FindsTheUnitsDifferencesAndBeatsOneIntensityForARegion) {
  const auto folder = own_folder();
  const auto [known, like] = demonstration(600);
  const Model truth = by_unit(known, like);
  write_dataset(folder / "unit-train.h5", sample(truth, like, {.seed = 21}));
  const Dataset held_out = sample(truth, like, {.seed = 22});
  write_dataset(folder / "unit-test.h5", held_out);
  const auto fit = [&](Readout readout, const char* name) {
    TrainRequest request;
    request.train = folder / "unit-train.h5";
    request.test = folder / "unit-test.h5";
    request.run = folder / name;
    request.settings = preset_settings(Preset::exact);
    request.settings.model.readout = readout;
    request.settings.train.iterations = 150;
    const std::atomic<bool> stop{false};
    train(request, stop, nullptr, nullptr);
    return read_model(request.run / "model.h5");
  };
  const Model units = fit(Readout::unit, "units"), regions = fit(Readout::region, "regions");
  EXPECT_EQ(units.shape.unit_region, like.unit.region);
  EXPECT_EQ(units.units.id, like.unit.id);
  const double true_value = log_likelihood(evaluate(truth, held_out)),
               by_units = log_likelihood(evaluate(units, held_out)),
               by_regions = log_likelihood(evaluate(regions, held_out));
  RecordProperty("loss_against_truth_percent",
                 std::to_string(100 * (true_value - by_units) / std::abs(true_value)));
  EXPECT_TRUE(by_units <= true_value) << by_units << " against " << true_value;
  EXPECT_TRUE(by_units >= true_value - 0.01 * std::abs(true_value))
      << by_units << " against " << true_value;
  EXPECT_TRUE(by_units > by_regions) << by_units << " against " << by_regions;
  int outside = 0;
  for (const auto& region : evaluate(truth, held_out).regions)
    outside += region.ks <= region.ks_band ? 0 : 1;
  EXPECT_LE(outside, 1);  // of six, each outside with probability 0.05
}

TEST(UnitReadout, DescribesItsOwnUnitsOnly) {
  const auto [known, like] = demonstration(4);
  const Model model = by_unit(known, like);
  Dataset other = like;
  other.source = "other.h5";
  other.unit.id[3] = 123456;
  try {
    static_cast<void>(evaluate(model, other));
    FAIL() << "a unit that the model does not know was evaluated";
  } catch (const DataError& e) {
    EXPECT_NE(std::string(e.what()).find("other.h5: unit/id[3]: unit 123456 of session"),
              std::string::npos)
        << e.what();
  }
}

TEST(UnitReadout, ModelFilesKeepTheUnits) {
  const auto [known, like] = demonstration(4);
  const Model model = by_unit(known, like);
  const auto file = own_folder() / "units.h5";
  write_model(file, model);
  const Model again = read_model(file);
  EXPECT_EQ(again.shape, model.shape);
  EXPECT_TRUE(again.units == model.units);
  EXPECT_EQ(again.parameters, model.parameters);
}

TEST(UnitReadout, IsNotThePublishedPrograms) {
  auto settings = preset_settings(Preset::authors);
  settings.model.readout = Readout::unit;
  EXPECT_THROW(check(settings), UsageError);
}

}  // namespace
}  // namespace nnpoisson
