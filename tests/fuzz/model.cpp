#include "nnpoisson/model.hpp"

#include "fuzz/hdf5_changes.hpp"

namespace nnpoisson::fuzz {
namespace {

/// The smallest network of two regions.
Hdf5Changes changes_of_network() {
  const NetworkShape shape{.features = 1,
                           .stimulus_widths = {1, 1},
                           .time_width = 1,
                           .hidden_width = 1,
                           .behaviour_width = 1,
                           .regions = 2};
  Model model{.shape = shape,
              .time_limit = 0.5,
              .region_names = {"a", "b"},
              .stimulus_names = {"contrast"},
              .constant_rate = {1, 2},
              .parameters = std::vector<double>(ParameterLayout(shape).size(), 0.5)};
  for (const Tensor zero : {Tensor::R, Tensor::d})
    for (std::size_t i = 0; i < ParameterLayout(shape)[zero].size(); ++i)
      model.parameters[ParameterLayout(shape)[zero].offset + i] = 0;
  write_model(folder() / "base.h5", model);
  return {folder() / "base.h5",
          {"version", "preset", "neural_time", "time_limit", "stimulus_bypass"}};
}

/// The smallest model by neuron with all it can have: two units, rank 1, two nodes.
Hdf5Changes changes_of_neurons() {
  Model model{.preset = Preset::neurons,
              .time_limit = 0.5,
              .region_names = {"a", "b"},
              .stimulus_names = {"contrast"},
              .units = {.session = {"s", "s"}, .id = {1, 2}}};
  model.neuron_shape = {.features = 1,
                        .width = 1,
                        .regions = 2,
                        .nodes = 2,
                        .rank = 1,
                        .unit_session = {0, 0},
                        .unit_region = {0, 1}};
  model.neuron_constants = {.rate = {1, 2},
                            .hazard = {1, 2},
                            .mean = {0},
                            .scale = {1},
                            .centre = {0.5},
                            .spacing = {1.2},
                            .weight = {0.6, 0.5}};
  model.parameters = neuron_start(model.neuron_shape, model.neuron_constants, 1);
  write_model(folder() / "neurons.h5", model);
  return {folder() / "neurons.h5",
          {"version", "preset", "time_limit", "features", "nodes", "rank", "heads",
           "behaviour_width", "shared_gain", "private_gain", "drift"}};
}

}  // namespace
}  // namespace nnpoisson::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const fuzz::Hdf5Changes network = fuzz::changes_of_network(),
                                 neurons = fuzz::changes_of_neurons();
  fuzz::Bytes input(data, size);
  const auto how = input.take<std::uint8_t>();
  const auto file = ((how & 1) != 0 ? neurons : network).apply(input);
  return fuzz::expect_error_or_none([&] {
    if ((how & 2) != 0) return (void)read_keras_weights(file);
    write_model(fuzz::folder() / "again.h5", read_model(file));
  });
}
