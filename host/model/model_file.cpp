#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "model/keras_groups.hpp"
#include "model/neuron_model_file.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {
namespace {

constexpr std::int32_t version = 1;
const std::string group = "nnpoisson";

// One of the values of an enumeration, by the name it was written under.
template <class T>
T choice_attribute(const Hdf5Reader& reader, const std::string& name,
                   std::initializer_list<T> values) {
  const std::string value = reader.string_attribute(group, name);
  std::string expected;
  for (const T t : values) {
    if (value == to_string(t)) return t;
    expected += std::string(expected.empty() ? "\"" : "\" or \"") + to_string(t);
  }
  throw DataError(reader.file() + ": " + group + ", attribute " + name + ": is \"" + value +
                  "\"; expected " + expected + "\"");
}

[[noreturn]] void refuse(const Hdf5Reader& reader, const std::string& what) {
  throw DataError(reader.file() + ": " + group + what);
}

void require_size(const Hdf5Reader& reader, const std::string& path, std::size_t size,
                  std::size_t expected) {
  if (size != expected)
    refuse(reader, path + ": has " + std::to_string(size) +
                       " entries; the network's layers make it " + std::to_string(expected));
}

void require_rates(const Hdf5Reader& reader, const std::string& path,
                   const std::vector<double>& rates) {
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!(rates[i] >= 0 && std::isfinite(rates[i])))
      refuse(reader, path + "[" + std::to_string(i) + "]: is " + std::to_string(rates[i]) +
                         "; expected a rate in Hz, not below 0");
}

}  // namespace

const char* to_string(Preset preset) {
  switch (preset) {
    case Preset::authors:
      return "authors";
    case Preset::neurons:
      return "neurons";
    case Preset::exact:
      break;
  }
  return "exact";
}
const char* to_string(NeuralTime time) {
  return time == NeuralTime::absolute ? "absolute" : "scaled";
}

// The Keras groups hold float32; the parameters stand beside them at double precision, so that a
// double fit survives exactly.
void write_model(const std::filesystem::path& file, const Model& model) {
  Hdf5Writer writer(file);
  if (model.preset == Preset::neurons) {
    write_neuron_model(writer, model);
    writer.attribute(group, "version", version);
    writer.commit();
    return;
  }
  write_keras_groups(writer, file, model.shape, model.parameters);
  writer.numbers(group + "/parameters", model.parameters);

  writer.strings(group + "/region/name", model.region_names);
  writer.strings(group + "/stimulus/name", model.stimulus_names);
  if (!model.constant_rate.empty())
    writer.numbers(group + "/region/constant_rate", model.constant_rate);

  writer.attribute(group, "version", version);
  writer.attribute(group, "preset", std::string(to_string(model.preset)));
  writer.attribute(group, "neural_time", std::string(to_string(model.neural_time)));
  writer.attribute(group, "time_limit", model.time_limit);
  writer.attribute(group, "stimulus_bypass", std::int32_t{model.shape.stimulus_bypass});
  writer.commit();
}

Model read_model(const std::filesystem::path& file) {
  const Hdf5Reader reader(file);
  if (!reader.exists(group))
    refuse(reader,
           ": is missing; this is no model.h5 of a fit (weights alone do not say regions and time "
           "limit)");
  if (const auto found = reader.integer_attribute(group, "version"); found != version)
    refuse(reader, ", attribute version: is " + std::to_string(found) +
                       "; this program reads version " + std::to_string(version));

  const Preset preset =
      choice_attribute(reader, "preset", {Preset::exact, Preset::authors, Preset::neurons});
  if (preset == Preset::neurons) return read_neuron_model(reader);
  if (reader.exists(group + "/unit"))
    refuse(reader,
           "/unit: this model reads out units, which only preset neurons still does; fit it again "
           "by --preset neurons");

  Model model;
  model.source = reader.file();
  const KerasWeights weights = read_keras_groups(reader);
  model.shape = weights.shape;
  model.shape.stimulus_bypass = reader.integer_attribute(group, "stimulus_bypass") != 0;
  if (weights.shape.stimulus_bypass && !model.shape.stimulus_bypass)
    refuse(reader, ", attribute stimulus_bypass: is off, but neuro5 is not 0");
  model.preset = preset;
  model.neural_time =
      choice_attribute(reader, "neural_time", {NeuralTime::scaled, NeuralTime::absolute});
  model.time_limit = reader.number_attribute(group, "time_limit");
  if (!(model.time_limit > 0 && std::isfinite(model.time_limit)))
    refuse(reader, ", attribute time_limit: is " + std::to_string(model.time_limit) +
                       "; expected seconds above 0");

  model.region_names = reader.strings(group + "/region/name");
  require_size(reader, "/region/name", model.region_names.size(),
               static_cast<std::size_t>(model.shape.regions));
  model.stimulus_names = reader.strings(group + "/stimulus/name");
  require_size(reader, "/stimulus/name", model.stimulus_names.size(),
               static_cast<std::size_t>(model.shape.features));
  if (reader.exists(group + "/region/constant_rate")) {
    model.constant_rate = reader.numbers<double>(group + "/region/constant_rate", 1);
    require_size(reader, "/region/constant_rate", model.constant_rate.size(),
                 model.region_names.size());
    require_rates(reader, "/region/constant_rate", model.constant_rate);
  }

  model.parameters = reader.numbers<double>(group + "/parameters", 1);
  require_size(reader, "/parameters", model.parameters.size(), weights.parameters.size());
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (!(static_cast<float>(model.parameters[i]) == static_cast<float>(weights.parameters[i])))
      refuse(reader, "/parameters[" + std::to_string(i) +
                         "]: differs from the Keras groups of the same file; one of the two was "
                         "changed, start from the Keras weights alone");
  check_parameters(reader.file(), ParameterLayout(model.shape), model.parameters,
                   group + "/parameters, ");
  return model;
}

}  // namespace nnpoisson
