#include "model/keras_groups.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

// Wider than any network of this kind; a larger extent is a damaged or foreign file.
constexpr std::size_t largest_width = 1000000;

// Keras repeats the layer's name: group of the layer, then the variable's own name.
std::string path_of(const TensorSlot& slot) {
  return slot.layer + "/" + slot.name();
}

std::string text(const std::vector<std::size_t>& shape) {
  std::string s = "[";
  for (const std::size_t extent : shape) s += (s.size() > 1 ? ", " : "") + std::to_string(extent);
  return s + "]";
}

std::vector<std::size_t> shape_of(const TensorSlot& slot) {
  const auto in = static_cast<std::size_t>(slot.in), out = static_cast<std::size_t>(slot.out);
  return slot.kind == TensorKind::bias ? std::vector{out} : std::vector{in, out};
}

std::vector<float> values_of(const TensorSlot& slot, const std::filesystem::path& file,
                             const std::vector<double>& parameters) {
  std::vector<float> values(slot.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = parameters[slot.offset + i];
    if (!(std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max())))
      throw NumericalError(file.string() + ": " + path_of(slot) + "[" + std::to_string(i) + "]: " +
                           std::to_string(value) + " is not a finite float32; nothing was written");
    values[i] = static_cast<float>(value);
  }
  return values;
}

// The sizes of the network as the kernels' extents say them; whether the other tensors agree is
// checked against the layout.
NetworkShape shape_in(const Hdf5Reader& reader, const std::string& root) {
  const ParameterLayout names{NetworkShape{}};  // they do not depend on sizes
  const auto extents = [&](Tensor kernel) {
    const std::string path = root + path_of(names[kernel]);
    const auto shape = reader.shape(path);
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0 || shape[0] > largest_width ||
        shape[1] > largest_width)
      throw DataError(reader.file() + ": " + path + ": has shape " + text(shape) +
                      "; expected [in, out] of a network's layer");
    return std::array{static_cast<int>(shape[0]), static_cast<int>(shape[1])};
  };
  const auto [features, first_width] = extents(Tensor::A1);
  const auto [hidden_width, regions] = extents(Tensor::E);
  return {.features = features,
          .stimulus_widths = {first_width, extents(Tensor::A2)[1]},
          .time_width = extents(Tensor::a)[1],
          .hidden_width = hidden_width,
          .behaviour_width = extents(Tensor::F1_left)[1],
          .regions = regions};
}

}  // namespace

void write_keras_groups(Hdf5Writer& writer, const std::filesystem::path& file,
                        const NetworkShape& shape, const std::vector<double>& parameters) {
  const ParameterLayout layout(shape);
  if (parameters.size() != layout.size())
    throw UsageError(file.string() + ": " + std::to_string(parameters.size()) +
                     " parameters given for a network of " + std::to_string(layout.size()));

  // The tensors of a layer follow one another.
  std::vector<std::string> layers;
  std::vector<std::vector<std::string>> names;  // of each layer's tensors
  for (const TensorSlot& slot : layout.slots()) {
    writer.numbers(path_of(slot), values_of(slot, file, parameters), shape_of(slot));
    if (layers.empty() || layers.back() != slot.layer) {
      layers.push_back(slot.layer);
      names.emplace_back();
    }
    names.back().push_back(slot.name());
  }

  writer.attribute("/", "layer_names", layers);
  writer.attribute("/", "backend", std::string("tensorflow"));
  writer.attribute("/", "keras_version", std::string("2.15.0"));
  for (std::size_t i = 0; i < layers.size(); ++i)
    writer.attribute(layers[i], "weight_names", names[i]);
}

KerasWeights read_keras_groups(const Hdf5Reader& reader) {
  const std::string root = reader.exists("model_weights") ? "model_weights/" : "";
  KerasWeights weights;
  weights.shape = shape_in(reader, root);
  const ParameterLayout layout(weights.shape);
  for (const TensorSlot& slot : layout.slots()) {
    const std::string path = root + path_of(slot);
    if (const auto shape = reader.shape(path); shape != shape_of(slot))
      throw DataError(reader.file() + ": " + path + ": has shape " + text(shape) +
                      "; the other layers' kernels make it " + text(shape_of(slot)));
    const auto values = reader.numbers<double>(path, slot.kind == TensorKind::bias ? 1 : 2);
    weights.parameters.insert(weights.parameters.end(), values.begin(), values.end());
  }
  check_parameters(reader.file(), layout, weights.parameters, root);

  // The file does not say whether the bypass is on; where it is off, its tensors are 0.
  for (const Tensor t : {Tensor::R, Tensor::d})
    for (std::size_t i = 0; i < layout[t].size(); ++i)
      if (weights.parameters[layout[t].offset + i] != 0) weights.shape.stimulus_bypass = true;
  return weights;
}

void check_parameters(const std::string& file, const ParameterLayout& layout,
                      const std::vector<double>& parameters, const std::string& prefix) {
  for (const TensorSlot& slot : layout.slots())
    for (std::size_t i = 0; i < slot.size(); ++i) {
      const double value = parameters[slot.offset + i];
      if (std::isfinite(value) && !(slot.non_negative && value < 0)) continue;
      throw DataError(file + ": " + prefix + path_of(slot) + "[" + std::to_string(i) + "]: is " +
                      std::to_string(value) + "; expected a " +
                      (slot.non_negative ? "finite number not below 0" : "finite number"));
    }
}

}  // namespace nnpoisson
