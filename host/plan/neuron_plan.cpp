#include "nnpoisson/neuron_plan.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "nnpoisson/error.hpp"
#include "plan/neuron_batch.hpp"
#include "plan/partition.hpp"

namespace nnpoisson {
namespace {

std::vector<double> standardised(const std::vector<double>& stimuli,
                                 const NeuronConstants& constants) {
  std::vector<double> all = stimuli;
  const std::size_t F = constants.mean.size();
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = (all[i] - constants.mean[i % F]) * constants.scale[i % F];
  return all;
}

}  // namespace

NeuronPlan make_neuron_plan(const Dataset& data, const NeuronConstants& constants,
                            const NeuronPlanOptions& options,
                            std::span<const std::int32_t> trials) {
  const auto all = all_trials(data);
  if (trials.empty()) trials = all;
  if (trials.empty()) throw DataError(data.source + ": holds no trial to plan");

  const NeuronPlanSource source(data, options);
  NeuronPlan plan{.features = static_cast<int>(data.features()),
                  .time_limit = data.time_limit,
                  .behaviour_weight = options.behaviour_weight,
                  .penalty_scale = options.shrinkage / static_cast<double>(trials.size()),
                  .stimuli = standardised(source.lookup.distinct_stimuli(), constants),
                  .session_first = {0},
                  .unit = {},
                  .batches = {}};
  for (std::size_t s = 0; s < data.sessions(); ++s) {
    for (std::size_t u = 0; u < data.units(); ++u)
      if (static_cast<std::size_t>(data.unit.session[u]) == s)
        plan.unit.push_back(static_cast<std::uint32_t>(u));
    plan.session_first.push_back(static_cast<std::uint32_t>(plan.unit.size()));
  }

  const int parts = std::min(options.parts, static_cast<int>(trials.size()));
  const auto partition = joint_partition(trials, parts, options.seed);
  plan.batches.resize(partition.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t b = next++; b < partition.size(); b = next++)
      plan.batches[b] = plan_neuron_batch(source, partition[b]);
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < std::min(options.threads, parts); ++t) others.emplace_back(work);
  work();
  others.clear();
  for (const auto& batch : plan.batches)
    for (const float count : batch.counts) plan.spikes += static_cast<std::uint64_t>(count);
  return plan;
}

}  // namespace nnpoisson
