#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/neuron_backend.hpp"
#include "nnpoisson/random.hpp"
#include "random_dataset.hpp"

namespace nnpoisson::testing {

/// A backend of the model by neuron to test.
struct NeuronRow {
  std::string name;
  BackendOptions options;
  [[nodiscard]] bool single() const { return options.precision == Precision::single_precision; }
  [[nodiscard]] NeuronRow with_team(int threads) const {
    NeuronRow row = *this;
    row.options.threads = threads;
    return row;
  }
  [[nodiscard]] std::unique_ptr<Backend> make(std::shared_ptr<const NeuronProblem> problem,
                                              std::shared_ptr<const NeuronPlan> plan) const {
    if (options.kind == BackendKind::reference)
      return make_neuron_reference(std::move(problem), std::move(plan));
    return make_neuron_cpu(options, std::move(problem), std::move(plan));
  }
};

inline const NeuronRow neuron_reference{
    "reference", {.kind = BackendKind::reference, .precision = Precision::double_precision}};

/// Every backend that must agree with the reference.
inline std::vector<NeuronRow> fast_neuron_rows(int threads) {
  std::vector<NeuronRow> rows;
  for (const auto& set : instruction_sets())
    for (const auto precision : {Precision::double_precision, Precision::single_precision})
      rows.push_back({"cpu " + set + " " + to_string(precision),
                      {.kind = BackendKind::cpu,
                       .precision = precision,
                       .threads = threads,
                       .instruction_set = set}});
  return rows;
}
inline std::vector<NeuronRow> all_neuron_rows(int threads) {
  auto rows = fast_neuron_rows(threads);
  rows.insert(rows.begin(), neuron_reference);
  return rows;
}

/// A model by neuron on a dataset, with parameters somewhere off its start.
struct NeuronModel {
  NeuronModel(const Dataset& data, const NeuronShape& switches, const NeuronPlanOptions& options)
      : given(neuron_data(data, switches)),
        layout(given.shape),
        start(neuron_start(given.shape, given.constants, 5)),
        problem(std::make_shared<const NeuronProblem>(
            NeuronProblem{given.shape, given.constants, penalty_centre(layout, start)})),
        plan(std::make_shared<const NeuronPlan>(make_neuron_plan(data, given.constants, options))) {
  }

  [[nodiscard]] std::unique_ptr<Backend> make(const NeuronRow& row) const {
    return row.make(problem, plan);
  }
  [[nodiscard]] std::vector<double> parameters(std::uint64_t seed) const {
    RandomStream random(seed, Purpose::spikes);
    auto values = start;
    for (const auto& slot : layout.slots())
      for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
        values[i] += (slot.name == "gain_c" ? 0.4 : 0.15) * random.normal();
        // Off 0, so that finite differences do not meet it.
        if (slot.non_negative) values[i] = std::max(std::abs(values[i]), 0.02);
      }
    return values;
  }
  [[nodiscard]] std::vector<std::uint32_t> batches() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t b = 0; b < plan->batches.size(); ++b) all.push_back(b);
    return all;
  }

  NeuronData given;
  NeuronLayout layout;
  std::vector<double> start;
  std::shared_ptr<const NeuronProblem> problem;
  std::shared_ptr<const NeuronPlan> plan;
};

/// What evaluate() gives.
struct NeuronValues {
  std::vector<BatchLoss> losses;
  std::vector<double> gradients;
  NeuronValues(Backend& backend, std::span<const std::uint32_t> batches, int models,
               std::span<const double> parameters, bool back = true)
      : losses(batches.size() * static_cast<std::size_t>(models)),
        gradients(back ? batches.size() * parameters.size() : 0, std::nan("")) {
    backend.evaluate(batches, models, parameters, losses, gradients);
  }
  [[nodiscard]] std::vector<double> terms() const {
    std::vector<double> all;
    for (const auto& l : losses) all.insert(all.end(), {l.neural, l.left, l.right, l.total});
    return all;
  }
};

inline std::vector<std::uint64_t> bits_of(std::span<const double> values) {
  std::vector<std::uint64_t> patterns;
  for (const double v : values) patterns.push_back(std::bit_cast<std::uint64_t>(v));
  return patterns;
}

/// The dataset without the units that `leaves` names, and without their spikes.
inline Dataset without_units(Dataset data, const std::function<bool(std::size_t)>& leaves) {
  const Dataset before = data;
  std::vector<std::int32_t> place(before.units(), -1);
  data.unit = {};
  data.spike = {.offset = {0}, .time = {}, .unit = {}};
  for (std::size_t u = 0; u < before.units(); ++u) {
    if (leaves(u)) continue;
    place[u] = static_cast<std::int32_t>(data.units());
    data.unit.session.push_back(before.unit.session[u]);
    data.unit.region.push_back(before.unit.region[u]);
    data.unit.id.push_back(before.unit.id[u]);
  }
  for (std::size_t n = 0; n < before.trials(); ++n) {
    for (auto i = before.spike.offset[n]; i < before.spike.offset[n + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto unit = place[static_cast<std::size_t>(before.spike.unit[at])];
      if (unit < 0) continue;
      data.spike.time.push_back(before.spike.time[at]);
      data.spike.unit.push_back(unit);
    }
    data.spike.offset.push_back(static_cast<std::int64_t>(data.spike.time.size()));
  }
  return data;
}

/// A random dataset of three regions, with some `groups` times as many units.
inline Dataset many_units(RandomDataset like, int groups) {
  like.regions = 3 * groups;
  Dataset data = random_dataset(like);
  for (auto& region : data.unit.region) region %= 3;
  data.region_names.resize(3);
  return data;
}

}  // namespace nnpoisson::testing
