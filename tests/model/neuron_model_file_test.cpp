#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"
#include "own_folder.hpp"

namespace nnpoisson {
namespace {

/// Two sessions of two units and one, in two regions.
Model model_by_neuron(NeuronShape shape) {
  shape.features = 2;
  shape.width = 3;
  shape.regions = 2;
  shape.unit_session = {0, 0, 1};
  shape.unit_region = {0, 1, 1};
  if (!shape.shared_gain) shape.nodes = 1;
  Model model;
  model.preset = Preset::neurons;
  model.neural_time = NeuralTime::absolute;
  model.time_limit = 0.5;
  model.region_names = {"A", "B"};
  model.stimulus_names = {"left", "right"};
  model.constant_rate = {1, 2};
  model.units = {{"one", "one", "two"}, {7, 8, 7}, {1, 2, 3}};
  model.neuron_constants = {.rate = {1.5, 2.5, 3.5},
                            .hazard = {0.1, 0.2},
                            .mean = {0.5, -0.5},
                            .scale = {2, 0},
                            .centre = {0.1, 0.4, 0.8},
                            .spacing = {0.3, 0.3, 0.5},
                            .weight = {0.15, 0.15, 0.25, 0.5}};
  model.neuron_shape = shape;
  model.parameters.resize(NeuronLayout(shape).size());
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    model.parameters[i] = 1 / (3.0 + static_cast<double>(i));
  return model;
}

std::string refusal_of(const Model& model) {
  const auto file = fresh_file("model.h5");
  write_model(file, model);
  try {
    static_cast<void>(read_model(file));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

TEST(NeuronModelFile, KeepsEverythingToTheBit) {
  const NeuronShape own{}, shared{.rank = 2, .heads = HeadKind::regions, .behaviour_width = 4},
      plain{.shared_gain = false, .private_gain = false, .drift = false};
  for (const NeuronShape& shape : {own, shared, plain}) {
    const Model model = model_by_neuron(shape);
    const auto file = fresh_file("model.h5");
    write_model(file, model);
    const Model read = read_model(file);
    EXPECT_EQ(read.preset, Preset::neurons);
    EXPECT_EQ(read.neuron_shape, model.neuron_shape);
    EXPECT_EQ(read.neuron_constants, model.neuron_constants);
    EXPECT_EQ(read.units, model.units);
    EXPECT_EQ(read.region_names, model.region_names);
    EXPECT_EQ(read.stimulus_names, model.stimulus_names);
    EXPECT_EQ(read.constant_rate, model.constant_rate);
    EXPECT_EQ(read.time_limit, model.time_limit);
    EXPECT_EQ(read.parameters, model.parameters);
  }
}

TEST(NeuronModelFile, RefusesNumbersThatAreNoModel) {
  const Model sound = model_by_neuron({});
  const NeuronLayout layout(sound.neuron_shape);
  Model broken = sound;
  broken.parameters[layout[NeuronTensor::unit_B].offset + 5] =
      std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(refusal_of(broken).find("nnpoisson/parameter/unit_B[5]: is not finite"),
            std::string::npos)
      << refusal_of(broken);

  broken = sound;
  broken.parameters[layout[NeuronTensor::C].offset] = -1;
  EXPECT_NE(refusal_of(broken).find("nnpoisson/parameter/C: holds a weight below 0"),
            std::string::npos)
      << refusal_of(broken);

  broken = sound;
  broken.neuron_shape.unit_region[1] = 2;
  EXPECT_NE(refusal_of(broken).find("nnpoisson/unit/region[1]: is 2; there are 2 regions"),
            std::string::npos)
      << refusal_of(broken);

  broken = sound;
  broken.neuron_constants.mean.pop_back();
  EXPECT_NE(refusal_of(broken).find("nnpoisson/constant/mean: has 1 entries"), std::string::npos)
      << refusal_of(broken);
}

}  // namespace
}  // namespace nnpoisson
