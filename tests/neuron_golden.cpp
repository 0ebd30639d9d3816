#include "neuron_golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace nnpoisson::golden {
namespace {

std::filesystem::path folder() {
  const char* given = std::getenv("NNPOISSON_GOLDEN_DIR");
  if (given != nullptr && *given != '\0') return given;
  return std::filesystem::path(NNPOISSON_SHARED_DIR) / "golden";
}

std::filesystem::path folder_of(const std::string& name) {
  return folder() / name.substr(0, name.find('/'));
}

NeuronShape switches(const Hdf5Reader& file, const std::string& group) {
  NeuronShape shape;
  const auto integer = [&](const char* key) {
    return static_cast<int>(file.integer_attribute(group, key));
  };
  const auto has = [&](const char* tensor) { return file.exists(group + "/parameter/" + tensor); };
  shape.width = integer("H");
  shape.rank = integer("rank");
  shape.nodes = integer("nodes");
  shape.behaviour_width = integer("behaviour_width");
  shape.heads = has("head_alpha") ? HeadKind::trunk : HeadKind::regions;
  shape.shared_gain = has("gain_c");
  shape.private_gain = has("gain_lnq");
  shape.drift = has("gain_d");
  return shape;
}

}  // namespace

std::vector<std::string> neuron_cases() {
  std::vector<std::string> cases;
  if (!std::filesystem::exists(folder())) return cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("neurons-")) continue;
    for (const auto& group : Hdf5Reader(entry.path() / "golden.h5").members("/"))
      cases.push_back(name + "/" + group);
  }
  std::ranges::sort(cases);
  return cases;
}

NeuronCase::NeuronCase(const std::string& name)
    : group(name.substr(name.find('/') + 1)),
      file(folder_of(name) / "golden.h5"),
      train(read_dataset(folder_of(name) / "train.h5")),
      layout({}),
      beta(file.number_attribute(group, "beta")),
      shrinkage(file.number_attribute(group, "shrinkage")) {
  const auto data = neuron_data(train, switches(file, group));
  layout = NeuronLayout(data.shape);
  problem = std::make_shared<const NeuronProblem>(
      NeuronProblem{data.shape, data.constants, penalty_centre(layout, tensors("start"))});
}

std::vector<double> NeuronCase::numbers(const std::string& path) const {
  const std::string full = group + "/" + path;
  return file.numbers<double>(full, static_cast<int>(file.shape(full).size()));
}

std::vector<double> NeuronCase::tensors(const std::string& set) const {
  std::vector<double> flat;
  for (const auto& slot : layout.slots()) {
    if (slot.size == 0) continue;
    const auto values = numbers(set + "/" + std::string(slot.name));
    flat.insert(flat.end(), values.begin(), values.end());
  }
  return flat;
}

Model NeuronCase::model() const {
  Model model;
  model.preset = Preset::neurons;
  model.time_limit = train.time_limit;
  model.stimulus_names = train.stimulus_names;
  model.region_names = train.region_names;
  model.neuron_shape = problem->shape;
  model.neuron_constants = problem->constants;
  model.parameters = tensors("parameter");
  for (std::size_t u = 0; u < train.units(); ++u) {
    model.units.session.push_back(
        train.session_names[static_cast<std::size_t>(train.unit.session[u])]);
    model.units.id.push_back(train.unit.id[u]);
  }
  return model;
}

std::shared_ptr<const NeuronPlan> NeuronCase::plan(int parts, double weight, double penalty) const {
  return std::make_shared<const NeuronPlan>(make_neuron_plan(
      train, problem->constants,
      {.parts = parts, .behaviour_weight = weight, .shrinkage = penalty, .threads = 2}));
}

}  // namespace nnpoisson::golden
