#include "nnpoisson/plan.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <utility>

#include "nnpoisson/error.hpp"
#include "plan/batch_entries.hpp"
#include "plan/partition.hpp"
#include "plan/points.hpp"
#include "plan/trial_lookup.hpp"

namespace nnpoisson {
namespace {

void require_plannable(const Dataset& data, const PlanOptions& options,
                       std::span<const std::int32_t> trials) {
  if (options.preset == Preset::authors && data.binned())
    throw UsageError(
        "preset authors: the dataset holds counts in bins, and that likelihood needs spike times; "
        "use preset exact");
  if (trials.empty()) throw DataError("dataset: no trial to plan for");
  if (options.parts < 1) throw UsageError("train.batches: at least 1 batch is needed");
}

/// What all batches of a plan are made from.
struct Planning {
  const Dataset& data;
  const PlanOptions& options;
  const PointMerger& merger;
  TrialLookup lookup;
  std::size_t trials;  ///< that are planned
};

/// A batch on its way into the plan.
struct PlannedBatch {
  Batch batch;
  PlanPiece neural, behaviour;
  std::uint64_t spikes = 0;
};

PlanPiece merged_neural(const Planning& planning, NeuralEntries& entries) {
  const auto reading = planning.data.binned() ? Reading::interval : Reading::rate;
  const double cell = reading == Reading::rate ? planning.options.time_resolution : 0;
  PlanPiece piece;
  planning.merger.merge(piece,
                        {Term::neural, reading, cell, planning.data.bin_width, intensity_floor},
                        entries.events);
  planning.merger.merge(piece, {Term::neural, Reading::value, 0, 0, intensity_floor},
                        entries.exposure);
  return piece;
}

PlanPiece merged_behaviour(const Planning& planning, BehaviourEntries& entries) {
  PlanPiece piece;
  planning.merger.merge(
      piece, {Term::behaviour, Reading::rate, 0, planning.data.bin_width, intensity_floor},
      entries.events);
  planning.merger.merge(piece, {Term::behaviour, Reading::value, 0, 0, intensity_floor},
                        entries.exposure);
  return piece;
}

/// The published program divides every loss by a constant; else a loss is a mean over trials.
void set_scales(Batch& batch, const Planning& planning, std::size_t trials_of_batch) {
  if (planning.options.preset == Preset::authors) {
    constexpr double scale = 1 / authors_loss_divisor;
    batch.neural_scale = scale / static_cast<double>(planning.data.regions());
    batch.action_scale = scale;
    return;
  }
  // The batches of an evaluation are parts of one loss over all trials.
  const std::size_t trials =
      planning.options.grouping == Grouping::by_region ? planning.trials : trials_of_batch;
  const double for_each_trial = 1 / static_cast<double>(std::max<std::size_t>(1, trials));
  batch.neural_scale = for_each_trial;
  batch.action_scale = for_each_trial;
}

PlannedBatch plan_batch(const Planning& planning, const BatchRequest& request) {
  PlannedBatch planned;
  auto neural = neural_entries(planning.lookup, planning.options, request.neural, request.region);
  planned.neural = merged_neural(planning, neural);
  planned.spikes = neural.spikes;
  neural.events = {};  // gives their memory back before more is needed
  neural.exposure = {};

  auto behaviour = behaviour_entries(planning.lookup, planning.options.preset, request.behaviour);
  planned.behaviour = merged_behaviour(planning, behaviour);

  planned.batch.neural_constant = neural.constant;
  planned.batch.action_constant = behaviour.constant;
  planned.batch.region = request.region;
  planned.batch.action_weight = planning.options.behaviour_weight;
  set_scales(planned.batch, planning, request.neural.size());
  return planned;
}

void append(Plan& plan, const BatchRequest& request, PlannedBatch&& planned) {
  Batch& batch = planned.batch;
  batch.tiles[0] = append(plan, std::move(planned.neural));
  if (request.same_behaviour_as) {
    const Batch& earlier = plan.batches[*request.same_behaviour_as];
    batch.tiles[1] = earlier.tiles[1];
    batch.action_constant = earlier.action_constant;
  } else {
    batch.tiles[1] = append(plan, std::move(planned.behaviour));
  }
  plan.spikes += planned.spikes;
  plan.batches.push_back(batch);
}

}  // namespace

Plan make_plan(const Dataset& data, const PlanOptions& options,
               std::span<const std::int32_t> trials) {
  return make_plan(data, options, trials, HostPointMerger{});
}

Plan make_plan(const Dataset& data, const PlanOptions& options,
               std::span<const std::int32_t> chosen, const PointMerger& merger) {
  const auto everything = chosen.empty() ? all_trials(data) : std::vector<std::int32_t>{};
  const auto trials = chosen.empty() ? std::span<const std::int32_t>(everything) : chosen;
  require_plannable(data, options, trials);

  const Planning planning{data, options, merger,
                          TrialLookup(data, options.preset, options.neural_time), trials.size()};
  Plan plan;
  plan.features = static_cast<int>(data.features());
  plan.regions = static_cast<int>(data.regions());
  plan.time_limit = data.time_limit;
  plan.stimuli = planning.lookup.distinct_stimuli();

  // Batches are planned a few at a time, one a thread, and appended in order: the plan does not
  // depend on the number of threads.
  const auto requests = batch_requests(data, options, trials);
  const auto threads = static_cast<std::size_t>(std::max(1, options.threads));
  for (std::size_t first = 0; first < requests.size(); first += threads) {
    const std::size_t count = std::min(threads, requests.size() - first);
    std::vector<std::future<PlannedBatch>> others;
    for (std::size_t k = 1; k < count; ++k)
      others.push_back(std::async(std::launch::async, plan_batch, std::cref(planning),
                                  std::cref(requests[first + k])));
    append(plan, requests[first], plan_batch(planning, requests[first]));
    for (std::size_t k = 1; k < count; ++k) append(plan, requests[first + k], others[k - 1].get());
  }

  plan.mean_square_spread /= static_cast<double>(std::max<std::uint64_t>(1, plan.spikes));
  return plan;
}

}  // namespace nnpoisson
