#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>

#include "app/damage.hpp"
#include "app/small_run.hpp"

namespace nnpoisson::app {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Broken {
  const char* name;
  std::function<void(const Damage&)> change;
  const char* message;  ///< what follows the file's name
};
void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

#define CHANGE(what) [](const Damage& file) { file.what; }

class ModelFile : public ::testing::TestWithParam<Broken> {};

TEST_P(ModelFile, IsRefusedWithPathAndIndex) {
  const auto folder = fresh_folder();
  const std::string model = (folder / "model.h5").string(), data = (folder / "data.h5").string(),
                    out = (folder / "out").string();
  write_model(model, small_model());
  write_dataset(data, testing::small_dataset());
  GetParam().change(Damage(model));
  const std::string message = model + ": " + GetParam().message;
  expect_refused({"evaluate", "--model", model, "--data", data, "--out", out}, 3, message);
  expect_refused({"sample", "--model", model, "--like", data, "--out", out}, 3, message);
  EXPECT_FALSE(std::filesystem::exists(out));
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, ModelFile,
    ::testing::Values(
        Broken{"WeightsAlone", CHANGE(remove("nnpoisson")),
               "nnpoisson: is missing; this is no model.h5 of a fit *"},
        Broken{"NoLayer", CHANGE(remove("neuro4")), "neuro4/neuro4/kernel:0: is missing"},
        Broken{"NoBias", CHANGE(remove("beh0/beh0/bias:0")), "beh0/beh0/bias:0: is missing"},
        Broken{"KernelOfOtherWidth",
               CHANGE(replace<float>("neuro1/neuro1/kernel:0", std::vector<float>(15), {3, 5})),
               "neuro1/neuro1/bias:0: has shape *"},
        Broken{"KernelFlat",
               CHANGE(replace<float>("neuro0/neuro0/kernel:0", std::vector<float>(6))),
               "neuro0/neuro0/kernel:0: has shape *"},
        Broken{"KernelText", CHANGE(strings("neuro6/neuro6/bias:0", {"a", "b", "c"})),
               "neuro6/neuro6/bias:0: *"},
        Broken{"WeightNaN", CHANGE(set<float>("neuro2/neuro2/bias:0", 2, static_cast<float>(nan))),
               "neuro2/neuro2/bias:0[2]: is nan; expected a finite number"},
        Broken{"WeightNegative", CHANGE(set<float>("neuro4/neuro4/kernel:0", 1, -1.F)),
               "neuro4/neuro4/kernel:0[1]: is -1.000000; expected a finite number not below 0"},
        Broken{"ParametersDiffer", CHANGE(set<double>("nnpoisson/parameters", 0, 9.0)),
               "nnpoisson/parameters[0]: differs from the Keras groups *"},
        Broken{"ParametersShort", CHANGE(replace<double>("nnpoisson/parameters", {1, 2})),
               "nnpoisson/parameters: has 2 entries; *"},
        Broken{"TooFewRegions", CHANGE(strings("nnpoisson/region/name", {"b", "B"})),
               "nnpoisson/region/name: has 2 entries; *"},
        Broken{"TooManyFeatures",
               CHANGE(strings("nnpoisson/stimulus/name", {"left", "right", "up"})),
               "nnpoisson/stimulus/name: has 3 entries; *"},
        Broken{"RateNegative", CHANGE(set<double>("nnpoisson/region/constant_rate", 1, -1.0)),
               "nnpoisson/region/constant_rate[1]: is -1.000000; *"},
        Broken{"TimeLimitNegative", CHANGE(attribute("nnpoisson", "time_limit", -1.0)),
               "nnpoisson, attribute time_limit: is -1.000000; *"},
        Broken{"OtherPreset", CHANGE(attribute("nnpoisson", "preset", "mine")),
               "nnpoisson, attribute preset: is \"mine\"; expected \"exact\" or "
               "\"authors\" or \"neurons\""},
        Broken{"OfUnits", CHANGE(add("nnpoisson/unit/region", {0, 2, 2})),
               "nnpoisson/unit: this model reads out units, which only preset neurons still does; "
               "fit it again by --preset neurons"},
        Broken{"OtherVersion", CHANGE(remove_attribute("nnpoisson", "version")),
               "nnpoisson, attribute version: is missing"},
        Broken{"HalfAFile", CHANGE(truncate(0.5)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"Noise", CHANGE(noise(3000, 2)), "is not an HDF5 file, or was cut off (*)"}),
    [](const auto& test) { return std::string(test.param.name); });

class CheckpointFile : public ::testing::TestWithParam<Broken> {};

TEST_P(CheckpointFile, IsRefusedAndKept) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5", run = folder / "run", checkpoint = run / "checkpoint.h5";
  write_dataset(data, testing::small_dataset());
  expect_done(short_training(data, run));
  GetParam().change(Damage(checkpoint));
  const std::string before = bytes_of(checkpoint), test = bytes_of(run / "test.csv");
  expect_refused(short_training(data, run, {"--resume"}), 3,
                 checkpoint.string() + ": " + GetParam().message);
  EXPECT_EQ(bytes_of(checkpoint), before);
  EXPECT_EQ(bytes_of(run / "test.csv"), test);
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, CheckpointFile,
    ::testing::Values(
        Broken{"HalfAFile", CHANGE(truncate(0.5)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"Empty", CHANGE(truncate(0)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"Noise", CHANGE(noise(3000, 3)), "is not an HDF5 file, or was cut off (*)"},
        Broken{"NoVersion", CHANGE(remove_attribute("/", "version")),
               "/, attribute version: is missing"},
        Broken{"NoMoments", CHANGE(remove("first_moment")), "first_moment: is missing"},
        Broken{"FewerWeights", CHANGE(replace<double>("parameters", {1, 2, 3})),
               "parameters: has 3 numbers, the model *; the checkpoint cannot be used"},
        Broken{"WeightNaN", CHANGE(set<double>("parameters", 7, nan)),
               "parameters[7]: is not finite; the checkpoint cannot be used"},
        Broken{"MomentNaN", CHANGE(set<double>("second_moment", 0, nan)),
               "second_moment[0]: is not finite; the checkpoint cannot be used"},
        Broken{"HistoryShort", CHANGE(replace<double>("history", std::vector<double>(30), {2, 15})),
               "history: is not one row of losses for each finished iteration; *"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BadInputInit, MustFitTheTrainingSet) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5", out = folder / "run", init = folder / "init.h5";
  write_dataset(data, testing::small_dataset());
  const auto refused = [&](const std::string& message) {
    expect_refused(short_training(data, out, {"--init", init.string()}), 3,
                   init.string() + ": " + message);
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  const auto keras = [&](int features, int regions) {
    const NetworkShape shape{.features = features, .regions = regions};
    write_keras_weights(init, shape, initial_parameters(shape, 1));
  };
  keras(3, 3);
  refused("neuro0/kernel: has 3 inputs, where the training set has 2 stimulus features");
  keras(2, 5);
  refused("neuro6/kernel: has 5 outputs, where the training set has 3 regions");
  keras(2, 3);
  Damage(init).replace<float>("neuro3/neuro3/kernel:0", std::vector<float>(7), {1, 7});
  refused("neuro2/neuro2/kernel:0: has shape *");
  Model model = small_model();
  model.region_names[1] = "another";
  write_model(init, model);
  refused("region/name[1]: is another, where the training set has B");
  model = small_model();
  model.stimulus_names[0] = "another";
  write_model(init, model);
  refused("stimulus/name[0]: is another, where the training set has left");
  Damage(init).noise(1000, 4);
  refused("is not an HDF5 file, or was cut off (*)");
  write_dataset(init, testing::small_dataset());
  refused("neuro0/neuro0/kernel:0: is missing");
}

/// Data that do not go with the rest: each command names the file and what is different.
TEST(BadInputData, MustFitTheModelAndTheTrainingSet) {
  const auto folder = fresh_folder();
  const auto data = folder / "data.h5", out = folder / "out", other = folder / "other.h5";
  const std::string model = (folder / "model.h5").string();
  write_dataset(data, testing::small_dataset());
  write_model(model, small_model());
  const auto refused = [&](const std::function<void(Dataset&)>& change, const std::string& test,
                           const std::string& evaluate) {
    Dataset changed = testing::small_dataset();
    change(changed);
    write_dataset(other, changed);
    expect_refused(short_training(data, out, {"--test", other.string()}), 3,
                   other.string() + ": " + test);
    expect_refused({"evaluate", "--model", model, "--data", other.string()}, 3,
                   other.string() + ": " + evaluate);
    expect_refused({"sample", "--model", model, "--like", other.string(), "--out", out.string()}, 3,
                   other.string() + ": " + evaluate);
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  refused([](Dataset& d) { d.region_names[0] = "x"; },
          "region/name[0]: is x, where the training set has b",
          "region/name: the model was not fitted to region \"x\"");
  refused([](Dataset& d) { d.region_names.push_back("x"); },
          "region/name[3]: is x, where the training set has nothing",
          "region/name: the model was not fitted to region \"x\"");
  refused([](Dataset& d) { d.stimulus_names[1] = "x"; },
          "stimulus/name[1]: is x, where the training set has right",
          "stimulus/name: the model does not know the feature \"x\"");
  refused([](Dataset& d) { d.time_limit = 0.6; },
          "time_limit is 0.6 s, where the training set has 0.5 s",
          "attribute time_limit: is 0.6 s, but the model was fitted to 0.5 s; *");
}

}  // namespace
}  // namespace nnpoisson::app
