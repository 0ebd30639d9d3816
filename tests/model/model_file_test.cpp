#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "network_fixture.hpp"
#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

Model fitted() {
  return {.shape = odd_shape(),
          .preset = Preset::authors,
          .neural_time = NeuralTime::absolute,
          .time_limit = 0.4,
          .region_names = {"CA1", "DG", "LP", "MOs", "SUB", "VISam", "VISp", "α", "ZI"},
          .stimulus_names = {"contrast left", "contrast right", "reward"},
          .constant_rate = {0, 1.25, 3, 4, 5, 6, 7, 8, 1.0 / 3},
          .parameters = counting_parameters(odd_shape())};
}

void expect_equal(const Model& a, const Model& b) {
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.preset, b.preset);
  EXPECT_EQ(a.neural_time, b.neural_time);
  EXPECT_EQ(a.time_limit, b.time_limit);
  EXPECT_EQ(a.region_names, b.region_names);
  EXPECT_EQ(a.stimulus_names, b.stimulus_names);
  EXPECT_EQ(a.constant_rate, b.constant_rate);
  EXPECT_EQ(a.parameters, b.parameters);
}

TEST(ModelFile, RoundTripKeepsEveryBit) {
  const auto file = fresh_file("model.h5");
  write_model(file, fitted());
  expect_equal(read_model(file), fitted());
}

// The bypass is a property of the model, not of the values its weights happen to have.
TEST(ModelFile, BypassAndMissingRatesSurvive) {
  Model model = fitted();
  model.preset = Preset::exact;
  model.neural_time = NeuralTime::scaled;
  model.constant_rate.clear();
  const ParameterLayout layout(model.shape);
  for (const Tensor t : {Tensor::R, Tensor::d})
    for (std::size_t i = 0; i < layout[t].size(); ++i) model.parameters[layout[t].offset + i] = 0;
  for (const bool bypass : {true, false}) {
    model.shape.stimulus_bypass = bypass;
    const auto file = fresh_file("model.h5");
    write_model(file, model);
    expect_equal(read_model(file), model);
  }
}

TEST(ModelFile, IsAlsoAKerasWeightFile) {
  const auto file = fresh_file("model.h5");
  write_model(file, fitted());
  const KerasWeights weights = read_keras_weights(file);
  EXPECT_EQ(weights.shape, odd_shape());
  for (std::size_t i = 0; i < weights.parameters.size(); ++i)
    ASSERT_EQ(weights.parameters[i], static_cast<float>(fitted().parameters[i])) << i;
}

TEST(ModelFile, WeightsAloneAreNoModel) {
  const auto file = fresh_file("weights.h5");
  write_keras_weights(file, odd_shape(), counting_parameters(odd_shape()));
  const auto message = message_of<DataError>([&] { (void)read_model(file); });
  EXPECT_NE(message.find(file.string() + ": nnpoisson: is missing"), std::string::npos) << message;
}

// What a model file holds beside the Keras groups, to be spoilt before it is written.
struct Parts {
  std::int32_t version = 1, bypass = 1;
  std::string preset = "exact", neural_time = "scaled";
  double time_limit = 1;
  std::vector<std::string> regions = fitted().region_names, stimuli = fitted().stimulus_names;
  std::vector<double> rates = fitted().constant_rate, parameters = fitted().parameters,
                      keras = fitted().parameters;

  void write(const std::filesystem::path& file) const {
    Hdf5Writer writer(file);
    const ParameterLayout layout(odd_shape());
    for (const TensorSlot& slot : layout.slots()) {
      const auto first = keras.begin() + static_cast<std::ptrdiff_t>(slot.offset);
      const auto in = static_cast<std::size_t>(slot.in), out = static_cast<std::size_t>(slot.out);
      writer.numbers(slot.layer + "/" + slot.name(),
                     std::vector<double>(first, first + static_cast<std::ptrdiff_t>(slot.size())),
                     slot.kind == TensorKind::bias ? std::vector{out} : std::vector{in, out});
    }
    writer.group("nnpoisson");
    writer.attribute("nnpoisson", "version", version);
    writer.attribute("nnpoisson", "stimulus_bypass", bypass);
    writer.attribute("nnpoisson", "preset", preset);
    writer.attribute("nnpoisson", "neural_time", neural_time);
    writer.attribute("nnpoisson", "time_limit", time_limit);
    writer.strings("nnpoisson/region/name", regions);
    writer.strings("nnpoisson/stimulus/name", stimuli);
    writer.numbers("nnpoisson/region/constant_rate", rates);
    writer.numbers("nnpoisson/parameters", parameters);
    writer.commit();
  }
};

TEST(ModelFile, UnspoiltPartsAreRead) {
  const auto file = fresh_file("model.h5");
  Parts().write(file);
  EXPECT_EQ(read_model(file).parameters, fitted().parameters);
}

struct Spoilt {
  const char* name;
  std::function<void(Parts&)> spoil;
  const char* said;
};
void PrintTo(const Spoilt& spoilt, std::ostream* out) {
  *out << spoilt.name;
}

class SpoiltModelFile : public testing::TestWithParam<Spoilt> {};
TEST_P(SpoiltModelFile, IsRefusedByPath) {
  Parts parts;
  GetParam().spoil(parts);
  const auto file = fresh_file("spoilt.h5");
  parts.write(file);
  const auto message = message_of<DataError>([&] { (void)read_model(file); });
  EXPECT_NE(message.find(file.string()), std::string::npos) << message;
  EXPECT_NE(message.find(GetParam().said), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
INSTANTIATE_TEST_SUITE_P(
    Files, SpoiltModelFile,
    testing::Values(
        Spoilt{"version", [](Parts& p) { p.version = 2; }, "attribute version: is 2"},
        Spoilt{"preset", [](Parts& p) { p.preset = "Exact"; }, "attribute preset: is \"Exact\""},
        Spoilt{"neural_time", [](Parts& p) { p.neural_time = ""; },
               "attribute neural_time: is \"\""},
        Spoilt{"no_time", [](Parts& p) { p.time_limit = 0; }, "attribute time_limit"},
        Spoilt{"endless", [](Parts& p) { p.time_limit = 1 / 0.0; }, "attribute time_limit"},
        Spoilt{"time_not_a_number", [](Parts& p) { p.time_limit = nan; }, "attribute time_limit"},
        Spoilt{"bypass_off", [](Parts& p) { p.bypass = 0; }, "attribute stimulus_bypass"},
        Spoilt{"few_regions", [](Parts& p) { p.regions.pop_back(); },
               "nnpoisson/region/name: has 8"},
        Spoilt{"many_stimuli", [](Parts& p) { p.stimuli.push_back("x"); },
               "nnpoisson/stimulus/name: has 4"},
        Spoilt{"few_rates", [](Parts& p) { p.rates.pop_back(); },
               "nnpoisson/region/constant_rate: has 8"},
        Spoilt{"negative_rate", [](Parts& p) { p.rates[4] = -1; },
               "nnpoisson/region/constant_rate[4]"},
        Spoilt{"rate_not_a_number", [](Parts& p) { p.rates[0] = nan; },
               "nnpoisson/region/constant_rate[0]"},
        Spoilt{"few_parameters", [](Parts& p) { p.parameters.pop_back(); },
               "nnpoisson/parameters: has"},
        Spoilt{"parameter_not_a_number", [](Parts& p) { p.parameters[17] = nan; },
               "nnpoisson/parameters[17]"},
        Spoilt{"keras_weight_changed", [](Parts& p) { p.keras[5] = 0.75; },
               "nnpoisson/parameters[5]: differs"},
        Spoilt{"keras_weight_not_a_number", [](Parts& p) { p.keras[0] = nan; },
               "neuro0/neuro0/kernel:0[0]"}));

TEST(ModelFile, MissingPartsAreNamed) {
  const auto file = fresh_file("model.h5");
  {
    Hdf5Writer writer(file);
    writer.group("nnpoisson");
    writer.attribute("nnpoisson", "version", std::int32_t{1});
    writer.attribute("nnpoisson", "preset", std::string("exact"));
    writer.commit();
  }
  const auto message = message_of<DataError>([&] { (void)read_model(file); });
  EXPECT_NE(message.find("neuro0/neuro0/kernel:0"), std::string::npos) << message;
}

}  // namespace
}  // namespace nnpoisson
