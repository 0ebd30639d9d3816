#include "plan/batch_entries.hpp"

#include <cmath>

namespace nnpoisson {
namespace {

/// Trial by trial into NeuralEntries.
class NeuralCollector {
 public:
  NeuralCollector(const TrialLookup& lookup, const PlanOptions& options, std::int32_t region)
      : lookup_(lookup), data_(lookup.data()), options_(options), region_(region) {}

  void add(std::size_t n) {
    if (data_.binned())
      add_counts(n);
    else
      add_spikes(n);
    expose(n);
  }

  NeuralEntries collected;

 private:
  [[nodiscard]] std::int32_t region_of(std::int32_t unit) const {
    return data_.unit.region[static_cast<std::size_t>(unit)];
  }
  [[nodiscard]] bool is_wanted(std::int32_t region) const {
    return region_ < 0 || region == region_;
  }

  void add_counts(std::size_t n) {
    const double kappa = lookup_.scale(n);
    const auto end = static_cast<std::size_t>(data_.count.offset[n + 1]);
    for (auto i = static_cast<std::size_t>(data_.count.offset[n]); i < end; ++i) {
      const std::int32_t region = region_of(data_.count.unit[i]);
      if (!is_wanted(region)) continue;
      const int count = data_.count.value[i];
      collected.events.push_back({kappa * data_.bin_width * data_.count.bin[i],
                                  static_cast<double>(count), kappa, lookup_.stimulus(n),
                                  static_cast<std::uint32_t>(region)});
      collected.constant += std::lgamma(count + 1.0);  // log count!: the loss is that of the counts
      collected.spikes += static_cast<std::uint64_t>(count);
    }
  }

  void add_spikes(std::size_t n) {
    const double kappa = lookup_.scale(n);
    const auto end = static_cast<std::size_t>(data_.spike.offset[n + 1]);
    for (auto i = static_cast<std::size_t>(data_.spike.offset[n]); i < end; ++i) {
      const std::int32_t region = region_of(data_.spike.unit[i]);
      if (!is_wanted(region)) continue;
      collected.events.push_back({kappa * data_.spike.time[i], 1, 1, lookup_.stimulus(n),
                                  static_cast<std::uint32_t>(region)});
      ++collected.spikes;
    }
  }

  /// The cumulative intensity of all units over trial n. The published program leaves out its value
  /// at onset and the floor.
  void expose(std::size_t n) {
    for (std::uint32_t g = 0; g < data_.regions(); ++g) {
      const double units = lookup_.units_in(n, g), weight = units / lookup_.scale(n);
      if (units == 0 || !is_wanted(static_cast<std::int32_t>(g))) continue;
      collected.exposure.push_back({lookup_.end(n), weight, 1, lookup_.stimulus(n), g});
      if (options_.preset != Preset::exact) continue;
      collected.exposure.push_back({0, -weight, 1, lookup_.stimulus(n), g});
      collected.constant += intensity_floor * units * data_.trial.observed_until[n];
    }
  }

  const TrialLookup& lookup_;
  const Dataset& data_;
  const PlanOptions& options_;
  std::int32_t region_;
};

/// Behaviour by the joint likelihood: hazards in absolute time, as long as the trial goes on.
void add_exact_behaviour(const TrialLookup& lookup, std::size_t n, BehaviourEntries& collected) {
  const Dataset& data = lookup.data();
  const std::uint32_t stimulus = lookup.stimulus(n);
  const double waited = data.waited(n);
  if (data.responded(n))
    collected.events.push_back(
        {waited, 1, 1, stimulus, static_cast<std::uint32_t>(data.action(n))});

  for (std::uint32_t action = 0; action < 2; ++action) {
    collected.exposure.push_back({waited, 1, 1, stimulus, action});
    collected.exposure.push_back({0, -1, 1, stimulus, action});
    collected.constant[action] += intensity_floor * waited;
  }
}

/// Behaviour by the published program: hazards in scaled time, up to the scaled time limit.
void add_authors_behaviour(const TrialLookup& lookup, std::size_t n, BehaviourEntries& collected) {
  const Dataset& data = lookup.data();
  const std::uint32_t stimulus = lookup.stimulus(n);
  const double kappa = lookup.scale(n);

  double response = kappa * data.trial.response_time[n];
  // A trial that its response ended: rounding must not keep such points apart.
  if (std::abs(response - data.time_limit) <= 1e-12 * data.time_limit) response = data.time_limit;
  if (data.responded(n))
    collected.events.push_back(
        {response, 1, 1, stimulus, static_cast<std::uint32_t>(data.action(n))});

  for (std::uint32_t action = 0; action < 2; ++action)
    collected.exposure.push_back({kappa * data.time_limit, 1 / kappa, 1, stimulus, action});
}

}  // namespace

NeuralEntries neural_entries(const TrialLookup& lookup, const PlanOptions& options,
                             std::span<const std::int32_t> trials, std::int32_t region) {
  NeuralCollector collector(lookup, options, region);
  for (const auto n : trials) collector.add(static_cast<std::size_t>(n));
  return std::move(collector.collected);
}

BehaviourEntries behaviour_entries(const TrialLookup& lookup, Preset preset,
                                   std::span<const std::int32_t> trials) {
  const auto add = preset == Preset::exact ? add_exact_behaviour : add_authors_behaviour;
  BehaviourEntries collected;
  for (const auto n : trials) add(lookup, static_cast<std::size_t>(n), collected);
  return collected;
}

}  // namespace nnpoisson
