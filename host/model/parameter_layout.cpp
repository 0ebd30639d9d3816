#include <array>
#include <cstddef>
#include <string>

#include "nnpoisson/network.hpp"

namespace nnpoisson {

ParameterLayout::ParameterLayout(const NetworkShape& shape)
    : column_region_(shape.unit_region),
      region_columns_(shape.unit_region.empty() ? 0 : static_cast<std::size_t>(shape.regions)) {
  for (const auto region : column_region_) ++region_columns_.at(static_cast<std::size_t>(region));
  const auto [h1, h2] = shape.stimulus_widths;
  const bool bypass = shape.stimulus_bypass;
  struct Layer {
    const char* name;
    int in, out;
    bool bias = true;
    bool non_negative = false;
    bool trained = true;
  };
  const std::array<Layer, 11> layers{{
      {"neuro0", shape.features, h1},
      {"neuro1", h1, h2},
      {"neuro2", h2, shape.time_width},
      {.name = "neuro3", .in = 1, .out = shape.time_width, .bias = false, .non_negative = true},
      {.name = "neuro4", .in = shape.time_width, .out = shape.hidden_width, .non_negative = true},
      {.name = "neuro5", .in = 1, .out = shape.hidden_width, .trained = bypass},
      {.name = "neuro6", .in = shape.hidden_width, .out = shape.columns(), .non_negative = true},
      {.name = "beh0", .in = shape.regions, .out = shape.behaviour_width, .non_negative = true},
      {.name = "beh2", .in = shape.regions, .out = shape.behaviour_width, .non_negative = true},
      {.name = "beh1", .in = shape.behaviour_width, .out = 1, .non_negative = true},
      {.name = "beh3", .in = shape.behaviour_width, .out = 1, .non_negative = true},
  }};
  std::size_t next = 0;
  const auto place = [&](TensorSlot slot) {
    slot.offset = size_;
    size_ += slot.size();
    slots_[next++] = slot;
  };
  for (const Layer& layer : layers) {
    place({layer.name, TensorKind::kernel, layer.in, layer.out, 0, layer.non_negative,
           layer.trained});
    if (layer.bias) place({layer.name, TensorKind::bias, 1, layer.out, 0, false, layer.trained});
  }
}

}  // namespace nnpoisson
