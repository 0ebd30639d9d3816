#include "dependencies/neuron_information.hpp"

#include <limits>
#include <numeric>
#include <span>

#include "curves/group_likelihoods.hpp"
#include "curves/log_sum.hpp"
#include "curves/parallel.hpp"

namespace nnpoisson {
namespace {

/// log p(behaviour | ...) of one trial with groups of its units left out, or on their own.
class BehaviourGiven {
 public:
  BehaviourGiven(const NeuronTrials& trials, std::size_t n)
      : spikes_{trials.curves(n).log_prior(), trials.gain_terms(n, always)}, both_(spikes_) {
    const auto behaviour = trials.behaviour_terms(n, always);
    for (std::size_t k = 0; k < behaviour.size(); ++k) both_.prior[k] += behaviour[k];
    alone_ = log_of_sum(both_.prior);
  }

  /// Adds what each group says; `group`: of each unit.
  void add(std::span<const std::size_t> group, std::size_t groups, std::vector<double>& lost,
           std::vector<double>& alone) const {
    const auto spikes = group_likelihoods(spikes_, group, groups),
               both = group_likelihoods(both_, group, groups);
    for (std::size_t g = 0; g < groups; ++g) {
      lost.push_back(both.given_others[g] - spikes.given_others[g]);
      alone.push_back(both.alone[g] - spikes.alone[g] - alone_);
    }
  }

 private:
  static constexpr double always = std::numeric_limits<double>::infinity();
  SpikeParts spikes_, both_;  // the latter with the behaviour as part of the prior
  double alone_ = 0;          // log p(behaviour)
};

}  // namespace

std::vector<TrialInformation> trial_information(const Model& model, const Dataset& data,
                                                int threads, ProgressCounter& progress) {
  const NeuronTrials trials(model, data);
  std::vector<TrialInformation> all(data.trials());
  for_each_in_parallel(data.trials(), threads, [&](std::size_t n) {
    const auto& units = trials.units(static_cast<std::size_t>(data.trial.session[n]));
    std::vector<std::size_t> region, own(units.size());
    for (const auto u : units) region.push_back(static_cast<std::size_t>(data.unit.region[u]));
    std::iota(own.begin(), own.end(), std::size_t{0});

    const BehaviourGiven given(trials, n);
    TrialInformation& information = all[n];
    given.add(region, data.regions(), information.region_lost, information.region_alone);
    given.add(own, own.size(), information.unit_lost, information.unit_alone);
    std::vector<double> lost, together;
    if (!units.empty()) given.add(std::vector<std::size_t>(units.size()), 1, lost, together);
    if (!units.empty()) information.total = together[0];
    progress.count();
  });
  return all;
}

}  // namespace nnpoisson
