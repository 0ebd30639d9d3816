#include "evaluate/psth.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

#include "evaluate/statistics.hpp"

namespace nnpoisson {
namespace {

void add(std::vector<GroupedTrials>& groups, TrialGrouping grouping, const std::string& name,
         std::vector<std::size_t> trials, std::int8_t choice = 0) {
  if (!trials.empty())
    groups.push_back({{grouping, name, trials.size(), choice}, std::move(trials)});
}

/// Trials whose choice and response time are known, by thirds of the response time.
void add_thirds(std::vector<GroupedTrials>& groups, const Dataset& data) {
  const auto time = [&](std::size_t n) { return data.trial.response_time[n]; };
  std::vector<std::size_t> timed;
  for (std::size_t n = 0; n < data.trials(); ++n)
    if (data.trial.choice[n] != 0 && !std::isnan(time(n))) timed.push_back(n);
  if (timed.size() < 3) return;
  std::stable_sort(timed.begin(), timed.end(),
                   [&](std::size_t a, std::size_t b) { return time(a) < time(b); });

  const auto third = [&](std::size_t k) {
    return timed.begin() + static_cast<std::ptrdiff_t>(k * timed.size() / 3);
  };
  for (std::size_t k = 0; k < 3; ++k) {
    std::ostringstream name;
    name.precision(3);
    name << time(*third(k)) << " to " << time(*(third(k + 1) - 1)) << " s";
    add(groups, TrialGrouping::response_time, name.str(), {third(k), third(k + 1)});
  }
}

}  // namespace

std::vector<GroupedTrials> group_trials(const Dataset& data, const Conditions& conditions) {
  std::vector<std::size_t> all(data.trials());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto of_choice = [&](std::int8_t choice) {
    std::vector<std::size_t> trials;
    for (const auto n : all)
      if (data.trial.choice[n] == choice) trials.push_back(n);
    return trials;
  };

  std::vector<GroupedTrials> groups;
  add(groups, TrialGrouping::all, "all", all);
  for (const auto& condition : conditions.list)
    add(groups, TrialGrouping::stimulus, condition.name, condition.trials);
  add(groups, TrialGrouping::choice, "left", of_choice(+1), +1);
  add(groups, TrialGrouping::choice, "right", of_choice(-1), -1);
  add(groups, TrialGrouping::choice, "none", of_choice(0), 0);
  add_thirds(groups, data);
  return groups;
}

Psth peristimulus(const Dataset& data, std::size_t column, const std::vector<std::size_t>& trials,
                  const BinnedSpikes& spikes, const TimeGrid& grid) {
  Psth psth;
  for (std::size_t b = 0; b < grid.bins; ++b) {
    // visit(place in the arrays of bins, exposure) for the trials still observed.
    const auto visit_exposed = [&](const auto& visit) {
      for (const auto n : trials) {
        const std::size_t session = static_cast<std::size_t>(data.trial.session[n]);
        const double exposed = spikes.units[session * spikes.columns + column] *
                               grid.observed(b, data.trial.observed_until[n]);
        if (exposed > 0) visit((n * spikes.columns + column) * grid.bins + b, exposed);
      }
    };

    double exposure = 0, observed = 0, predicted = 0, exposed_trials = 0;
    visit_exposed([&](std::size_t at, double exposed) {
      exposure += exposed;
      observed += spikes.observed[at];
      predicted += spikes.expected[at];
      exposed_trials += 1;
    });
    const double rate = observed / exposure;

    // The standard error of a ratio of sums over trials, linearised.
    double squares = 0;
    visit_exposed([&](std::size_t at, double exposed) {
      const double away = spikes.observed[at] - rate * exposed;
      squares += away * away;
    });
    psth.exposure.push_back(exposure);
    psth.observed.push_back(rate);
    // Of one trial the squares are 0 but for rounding.
    psth.standard_error.push_back(
        exposed_trials > 1 ? std::sqrt(squares * exposed_trials / (exposed_trials - 1)) / exposure
                           : not_a_number);
    psth.predicted.push_back(predicted / exposure);
  }
  return psth;
}

}  // namespace nnpoisson
