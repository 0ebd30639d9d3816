#include "evaluate/psth.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace nnpoisson {
namespace {

void add(std::vector<GroupedTrials>& groups, const std::string& grouping, const std::string& name,
         std::vector<std::size_t> trials) {
  if (!trials.empty()) groups.push_back({{grouping, name, trials.size()}, std::move(trials)});
}

}  // namespace

std::vector<GroupedTrials> group_trials(const Dataset& data, const Conditions& conditions) {
  std::vector<std::size_t> all, by_choice[3], timed;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    all.push_back(n);
    const int choice = data.trial.choice[n];
    by_choice[choice > 0 ? 0 : choice < 0 ? 1 : 2].push_back(n);
    if (choice != 0 && !std::isnan(data.trial.response_time[n])) timed.push_back(n);
  }
  std::vector<GroupedTrials> groups;
  add(groups, "all", "all", all);
  for (const auto& condition : conditions.list)
    add(groups, "stimulus", condition.name, condition.trials);
  for (const std::size_t a : {0U, 1U, 2U})
    add(groups, "choice", a == 0 ? "left" : a == 1 ? "right" : "none", by_choice[a]);
  const auto time = [&](std::size_t n) { return data.trial.response_time[n]; };
  std::stable_sort(timed.begin(), timed.end(),
                   [&](std::size_t a, std::size_t b) { return time(a) < time(b); });
  for (std::size_t k = 0; timed.size() >= 3 && k < 3; ++k) {
    const auto at = [&](std::size_t third) {
      return timed.begin() + static_cast<std::ptrdiff_t>(third * timed.size() / 3);
    };
    std::ostringstream name;
    name.precision(3);
    name << time(*at(k)) << " to " << time(*(at(k + 1) - 1)) << " s";
    add(groups, "response time", name.str(), {at(k), at(k + 1)});
  }
  return groups;
}

Psth peristimulus(const Dataset& data, std::size_t region, const std::vector<std::size_t>& trials,
                  const std::vector<std::int32_t>& units, const TimeGrid& grid,
                  const ObservedSpikes& seen, const SpikePass& network) {
  Psth psth;
  for (std::size_t b = 0; b < grid.bins; ++b) {
    double exposure = 0, observed = 0, predicted = 0, exposed_trials = 0, squares = 0;
    const auto visit = [&](const auto& add) {
      for (const auto n : trials) {
        const double exposed =
            units[static_cast<std::size_t>(data.trial.session[n]) * data.regions() + region] *
            grid.observed(b, data.trial.observed_until[n]);
        if (exposed > 0) add((n * data.regions() + region) * grid.bins + b, exposed);
      }
    };
    visit([&](std::size_t at, double exposed) {
      exposure += exposed;
      observed += seen.binned[at];
      predicted += network.binned[at];
      exposed_trials += 1;
    });
    const double rate = observed / exposure;
    // Of a ratio of sums over trials, linearised.
    visit([&](std::size_t at, double exposed) {
      squares += (seen.binned[at] - rate * exposed) * (seen.binned[at] - rate * exposed);
    });
    psth.exposure.push_back(exposure);
    psth.observed.push_back(rate);
    psth.standard_error.push_back(std::sqrt(squares * exposed_trials / (exposed_trials - 1)) /
                                  exposure);
    psth.predicted.push_back(predicted / exposure);
  }
  return psth;
}

}  // namespace nnpoisson
