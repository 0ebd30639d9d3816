#include <array>
#include <cstddef>
#include <string>

#include "model/bind_network.hpp"
#include "nnpoisson/network.hpp"

namespace nnpoisson {

ParameterLayout::ParameterLayout(const NetworkShape& shape) {
  struct Layer {
    const char* name;
    bool bias = true;
    bool non_negative = false;
    bool trained = true;
  };
  const std::array<Layer, 11> layers{{
      {"neuro0"},
      {"neuro1"},
      {"neuro2"},
      {.name = "neuro3", .bias = false, .non_negative = true},
      {.name = "neuro4", .non_negative = true},
      {.name = "neuro5", .trained = shape.stimulus_bypass},
      {.name = "neuro6", .non_negative = true},
      {.name = "beh0", .non_negative = true},
      {.name = "beh2", .non_negative = true},
      {.name = "beh1", .non_negative = true},
      {.name = "beh3", .non_negative = true},
  }};

  const auto sizes = network_sizes(shape);
  std::size_t next = 0;
  const auto place = [&](const Layer& layer, TensorKind kind, bool non_negative) {
    const auto size = formulas::tensor_size(sizes, static_cast<Tensor>(next));
    slots_[next] = {layer.name, kind, size.in, size.out, size_, non_negative, layer.trained};
    size_ += slots_[next++].size();
  };
  for (const Layer& layer : layers) {
    place(layer, TensorKind::kernel, layer.non_negative);
    if (layer.bias) place(layer, TensorKind::bias, false);
  }
}

}  // namespace nnpoisson
