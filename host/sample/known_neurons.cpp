#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"
#include "nnpoisson/sample.hpp"

namespace nnpoisson {
namespace {

constexpr std::size_t neuron_sessions = 2, units_of_session = 60;
constexpr std::array neuron_contrasts{0.0, 0.5, 1.0};
constexpr std::uint64_t known_seed = 20;

/// Even tiles, as a fit begins without responses (docs/neurons.md).
NeuronConstants known_constants(std::size_t count, std::size_t width) {
  NeuronConstants constants;
  const double spacing = 1.2 / static_cast<double>(width);
  for (std::size_t k = 0; k < width; ++k) {
    constants.centre.push_back(-0.1 + spacing * (static_cast<double>(k) + 0.5));
    constants.spacing.push_back(spacing);
    constants.weight.push_back(spacing / 2);
  }
  constants.weight.push_back(0.5);
  constants.mean.assign(2, 0.5);
  constants.scale.assign(2, std::sqrt(6.0));  // of three even contrasts
  constants.hazard = {1, 1};
  RandomStream random(known_seed, Purpose::initial_weights, neuron_tensor_count);
  for (std::size_t u = 0; u < count; ++u)
    constants.rate.push_back(8 * std::exp(0.5 * random.normal()));
  return constants;
}

/// Fills the tensors of a model whose shape and constants are set.
class KnownNeurons {
 public:
  explicit KnownNeurons(Model& model) : model_(model), shape_(model.neuron_shape), layout_(shape_) {
    model.parameters = neuron_start(shape_, model.neuron_constants, known_seed);
    set_intensities();
    set_gains();
    set_behaviour();
  }

 private:
  /// Sets every number of a tensor: value(i, a normal number of its own).
  template <class Value>
  void fill(NeuronTensor tensor, const Value& value) {
    const NeuronSlot& slot = layout_[tensor];
    RandomStream random(known_seed, Purpose::initial_weights, static_cast<std::uint64_t>(tensor));
    for (std::size_t i = 0; i < slot.size; ++i)
      model_.parameters[slot.offset + i] = value(i, random.normal());
  }

  void set_intensities() {
    const auto of_stimulus = [this](std::size_t i) {
      return i % static_cast<std::size_t>(shape_.signals()) <
             static_cast<std::size_t>(shape_.features);
    };
    using enum NeuronTensor;
    fill(region_alpha, [](std::size_t, double z) { return 0.5 * z; });
    fill(region_B, [&](std::size_t i, double z) { return (of_stimulus(i) ? 0.25 : 0.1) * z; });
    fill(unit_alpha, [](std::size_t, double z) { return 0.3 * z; });
    fill(unit_B, [&](std::size_t i, double z) { return of_stimulus(i) ? 0.15 * z : 0; });
  }

  void set_gains() {
    using enum NeuronTensor;
    fill(gain_c, [](std::size_t, double z) { return std::clamp(0.5 * z, -1.2, 1.2); });
    // Of even quantiles of the normal number: ln q is uniform.
    fill(gain_lnq, [](std::size_t, double z) {
      return std::log(3.0) + std::log(10.0) * 0.5 * std::erfc(-z / std::sqrt(2.0));
    });
    fill(gain_d, [](std::size_t, double z) { return 0.3 * z; });
  }

  /// Hazards that rise from about 0.2 s on.
  void set_behaviour() {
    const auto rows = static_cast<std::size_t>(shape_.rows());
    const auto signals = static_cast<std::size_t>(shape_.signals());
    const auto features = static_cast<std::size_t>(shape_.features);
    using enum NeuronTensor;
    fill(head_alpha, [&](std::size_t i, double) {
      const std::size_t k = i % rows;
      if (k + 1 == rows) return -4.0;
      return std::min(0.7, -5 + 11 * model_.neuron_constants.centre[k]);
    });
    // The contrast of an action's own side, and of the other one.
    fill(head_B, [&](std::size_t i, double) {
      const std::size_t signal = i % signals, action = i / (rows * signals);
      if (signal >= features) return 0.0;
      return signal == action ? 0.5 : -0.3;
    });
    fill(head_delta, [](std::size_t action, double) { return action == 0 ? 0.6 : -0.5; });
    const auto nodes = latent_nodes(shape_.nodes);
    fill(prior_P, [&](std::size_t i, double) {
      return (i % features == 0 ? 0.3 : -0.3) * nodes[i / features];
    });
  }

  Model& model_;
  const NeuronShape& shape_;
  NeuronLayout layout_;
};

/// Sessions and units; trials in the order of `demonstration`.
Dataset known_neuron_trials(std::size_t count) {
  Dataset trials;
  trials.time_limit = 1;
  trials.region_names = {"CP", "MOs", "VISp"};
  trials.stimulus_names = {"contrast_left", "contrast_right"};
  for (std::size_t s = 0; s < neuron_sessions; ++s) {
    trials.session_names.push_back("known_neurons_" + std::to_string(s + 1));
    for (std::size_t u = 0; u < units_of_session; ++u) {
      trials.unit.session.push_back(static_cast<std::int32_t>(s));
      trials.unit.region.push_back(static_cast<std::int32_t>(u % trials.regions()));
      trials.unit.id.push_back(static_cast<std::int64_t>(u));
    }
  }
  for (std::size_t n = 0; n < count; ++n) {
    trials.trial.session.push_back(static_cast<std::int32_t>(n * neuron_sessions / count));
    // The stimuli come in no order that a place in the session would tell.
    const std::size_t stimulus = RandomStream(known_seed, Purpose::trial_split, n).below(9);
    trials.trial.stimulus.push_back(neuron_contrasts[stimulus % 3]);
    trials.trial.stimulus.push_back(neuron_contrasts[stimulus / 3]);
    trials.trial.response_time.push_back(std::numeric_limits<double>::quiet_NaN());
    trials.trial.choice.push_back(0);
    trials.trial.observed_until.push_back(trials.time_limit);
  }
  trials.spike.offset.assign(count + 1, 0);
  return trials;
}

}  // namespace

Demonstration known_neurons(std::size_t trials) {
  if (trials < 1) throw UsageError("trials: at least 1 is needed");
  Demonstration known{{}, known_neuron_trials(trials)};
  auto& [model, data] = known;
  model.preset = Preset::neurons;
  model.neural_time = NeuralTime::absolute;
  model.time_limit = data.time_limit;
  model.region_names = data.region_names;
  model.stimulus_names = data.stimulus_names;
  model.neuron_shape = {.features = 2,
                        .width = 10,
                        .regions = static_cast<int>(data.regions()),
                        .unit_session = data.unit.session,
                        .unit_region = data.unit.region};
  model.neuron_constants = known_constants(data.units(), 10);
  for (std::size_t u = 0; u < data.units(); ++u)
    model.units.session.push_back(
        data.session_names[static_cast<std::size_t>(data.unit.session[u])]);
  model.units.id = data.unit.id;
  model.units.constant_rate = model.neuron_constants.rate;
  KnownNeurons{model};
  return known;
}

}  // namespace nnpoisson
