#include "model/neuron_model_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

const std::string root = "nnpoisson";

// Sizes that a file may claim: more is no model.
constexpr std::int64_t size_most = 1 << 20;

[[noreturn]] void refuse_model(const Hdf5Reader& reader, const std::string& what) {
  throw DataError(reader.file() + ": " + root + what + "; train the model again");
}

std::vector<std::size_t> dimensions(const NeuronSlot& slot) {
  std::vector<std::size_t> sizes{static_cast<std::size_t>(slot.dimensions[0])};
  for (const std::size_t k : {1U, 2U})
    if (slot.dimensions[1] > 1 || slot.dimensions[2] > 1)
      if (k == 1 || slot.dimensions[2] > 1)
        sizes.push_back(static_cast<std::size_t>(slot.dimensions[k]));
  return sizes;
}

int size_attribute(const Hdf5Reader& reader, const std::string& name, std::int64_t least) {
  const auto value = reader.integer_attribute(root, name);
  if (value < least || value > size_most)
    refuse_model(reader, ", attribute " + name + ": is " + std::to_string(value) +
                             "; expected a size from " + std::to_string(least));
  return static_cast<int>(value);
}

/// Finite numbers, as many as expected.
std::vector<double> finite_numbers(const Hdf5Reader& reader, const std::string& path,
                                   std::size_t expected, int rank = 1) {
  auto values = reader.numbers<double>(root + path, rank);
  if (values.size() != expected)
    refuse_model(reader, path + ": has " + std::to_string(values.size()) +
                             " entries; the model's sizes make it " + std::to_string(expected));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      refuse_model(reader, path + "[" + std::to_string(i) + "]: is not finite");
  return values;
}

/// Sessions by the order in which units first have them.
std::vector<std::int32_t> number_sessions(const std::vector<std::string>& session) {
  std::vector<std::string> known;
  std::vector<std::int32_t> numbers;
  for (const auto& name : session) {
    auto found = std::ranges::find(known, name);
    if (found == known.end()) found = known.insert(known.end(), name);
    numbers.push_back(static_cast<std::int32_t>(found - known.begin()));
  }
  return numbers;
}

void read_units_of(const Hdf5Reader& reader, Model& model) {
  auto& units = model.units;
  NeuronShape& shape = model.neuron_shape;
  shape.unit_region = reader.numbers<std::int32_t>(root + "/unit/region", 1);
  const std::size_t count = shape.unit_region.size();
  units.session = reader.strings(root + "/unit/session");
  units.id = reader.numbers<std::int64_t>(root + "/unit/id", 1);
  for (const std::size_t n : {units.session.size(), units.id.size()})
    if (n != count) refuse_model(reader, "/unit: its members differ in length");
  units.constant_rate = finite_numbers(reader, "/unit/constant_rate", count);
  for (const double rate : units.constant_rate)
    if (rate < 0) refuse_model(reader, "/unit/constant_rate: holds a rate below 0");
  for (std::size_t i = 0; i < count; ++i)
    if (shape.unit_region[i] < 0 || shape.unit_region[i] >= shape.regions)
      refuse_model(reader, "/unit/region[" + std::to_string(i) + "]: is " +
                               std::to_string(shape.unit_region[i]) + "; there are " +
                               std::to_string(shape.regions) + " regions");
  shape.unit_session = number_sessions(units.session);
}

void read_shape(const Hdf5Reader& reader, Model& model) {
  NeuronShape& shape = model.neuron_shape;
  model.region_names = reader.strings(root + "/region/name");
  model.stimulus_names = reader.strings(root + "/stimulus/name");
  shape.regions = static_cast<int>(model.region_names.size());
  shape.features = static_cast<int>(model.stimulus_names.size());
  shape.width = size_attribute(reader, "features", 1);
  shape.nodes = size_attribute(reader, "nodes", 1);
  shape.rank = size_attribute(reader, "rank", 0);
  shape.behaviour_width = size_attribute(reader, "behaviour_width", 1);
  shape.shared_gain = size_attribute(reader, "shared_gain", 0) != 0;
  shape.private_gain = size_attribute(reader, "private_gain", 0) != 0;
  shape.drift = size_attribute(reader, "drift", 0) != 0;
  const std::string heads = reader.string_attribute(root, "heads");
  if (heads != to_string(HeadKind::trunk) && heads != to_string(HeadKind::regions))
    refuse_model(reader, ", attribute heads: is \"" + heads +
                             "\"; expected \"trunk\" or "
                             "\"regions\"");
  shape.heads = heads == to_string(HeadKind::trunk) ? HeadKind::trunk : HeadKind::regions;
  if (shape.shared_gain == (shape.nodes == 1))
    refuse_model(reader, ", attribute nodes: does not go with shared_gain");
}

void read_constants(const Hdf5Reader& reader, Model& model) {
  const NeuronShape& shape = model.neuron_shape;
  NeuronConstants& fixed = model.neuron_constants;
  const auto numbers = [&](const char* name, int count) {
    return finite_numbers(reader, std::string("/constant/") + name,
                          static_cast<std::size_t>(count));
  };
  fixed.rate = numbers("rate", shape.units());
  const auto hazard = numbers("hazard", 2);
  std::ranges::copy(hazard, fixed.hazard.begin());
  fixed.mean = numbers("mean", shape.features);
  fixed.scale = numbers("scale", shape.features);
  fixed.centre = numbers("centre", shape.width);
  fixed.spacing = numbers("spacing", shape.width);
  fixed.weight = numbers("weight", shape.rows());
}

}  // namespace

void write_neuron_model(Hdf5Writer& writer, const Model& model) {
  const NeuronShape& shape = model.neuron_shape;
  const NeuronConstants& fixed = model.neuron_constants;
  writer.strings(root + "/region/name", model.region_names);
  writer.strings(root + "/stimulus/name", model.stimulus_names);
  if (!model.constant_rate.empty())
    writer.numbers(root + "/region/constant_rate", model.constant_rate);
  writer.numbers(root + "/unit/region", shape.unit_region);
  writer.strings(root + "/unit/session", model.units.session);
  writer.numbers(root + "/unit/id", model.units.id);
  writer.numbers(root + "/unit/constant_rate", model.units.constant_rate);

  writer.numbers(root + "/constant/rate", fixed.rate);
  writer.numbers(root + "/constant/hazard",
                 std::vector<double>(fixed.hazard.begin(), fixed.hazard.end()));
  writer.numbers(root + "/constant/mean", fixed.mean);
  writer.numbers(root + "/constant/scale", fixed.scale);
  writer.numbers(root + "/constant/centre", fixed.centre);
  writer.numbers(root + "/constant/spacing", fixed.spacing);
  writer.numbers(root + "/constant/weight", fixed.weight);

  const NeuronLayout layout(shape);
  for (const NeuronSlot& slot : layout.slots()) {
    if (slot.size == 0) continue;
    const auto first = model.parameters.begin() + static_cast<std::ptrdiff_t>(slot.offset);
    writer.numbers(root + "/parameter/" + std::string(slot.name),
                   std::vector<double>(first, first + static_cast<std::ptrdiff_t>(slot.size)),
                   dimensions(slot));
  }

  writer.attribute(root, "preset", std::string(to_string(model.preset)));
  writer.attribute(root, "time_limit", model.time_limit);
  writer.attribute(root, "features", std::int32_t{shape.width});
  writer.attribute(root, "nodes", std::int32_t{shape.nodes});
  writer.attribute(root, "rank", std::int32_t{shape.rank});
  writer.attribute(root, "heads", std::string(to_string(shape.heads)));
  writer.attribute(root, "behaviour_width", std::int32_t{shape.behaviour_width});
  writer.attribute(root, "shared_gain", std::int32_t{shape.shared_gain});
  writer.attribute(root, "private_gain", std::int32_t{shape.private_gain});
  writer.attribute(root, "drift", std::int32_t{shape.drift});
}

Model read_neuron_model(const Hdf5Reader& reader) {
  Model model;
  model.preset = Preset::neurons;
  model.neural_time = NeuralTime::absolute;
  model.source = reader.file();
  model.time_limit = reader.number_attribute(root, "time_limit");
  if (!(model.time_limit > 0 && std::isfinite(model.time_limit)))
    refuse_model(reader, ", attribute time_limit: is " + std::to_string(model.time_limit) +
                             "; expected seconds above 0");
  read_shape(reader, model);
  read_units_of(reader, model);
  read_constants(reader, model);
  if (reader.exists(root + "/region/constant_rate"))
    model.constant_rate =
        finite_numbers(reader, "/region/constant_rate", model.region_names.size());

  const NeuronLayout layout(model.neuron_shape);
  for (const NeuronSlot& slot : layout.slots()) {
    if (slot.size == 0) continue;
    const std::string path = "/parameter/" + std::string(slot.name);
    const auto sizes = dimensions(slot);
    if (reader.shape(root + path) != sizes)
      refuse_model(reader, path + ": has not the shape that the model's sizes make it");
    const auto values = finite_numbers(reader, path, slot.size, static_cast<int>(sizes.size()));
    if (slot.non_negative && std::ranges::any_of(values, [](double v) { return v < 0; }))
      refuse_model(reader, path + ": holds a weight below 0");
    model.parameters.insert(model.parameters.end(), values.begin(), values.end());
  }
  return model;
}

}  // namespace nnpoisson
