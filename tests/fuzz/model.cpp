#include "nnpoisson/model.hpp"

#include "fuzz/hdf5_changes.hpp"

namespace nnpoisson::fuzz {
namespace {

/// The smallest network of two regions.
Hdf5Changes changes() {
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

}  // namespace
}  // namespace nnpoisson::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const fuzz::Hdf5Changes changes = fuzz::changes();
  fuzz::Bytes input(data, size);
  const auto how = input.take<std::uint8_t>();
  const auto file = changes.apply(input);
  return fuzz::expect_error_or_none([&] {
    if ((how & 2) != 0) return (void)read_keras_weights(file);
    write_model(fuzz::folder() / "again.h5", read_model(file));
  });
}
