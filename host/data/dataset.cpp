#include "nnpoisson/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "nnpoisson/error.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

/// Offsets of the chosen trials' entries; `copy(first, last)` is called for each trial's range.
template <class Copy>
std::vector<std::int64_t> select_ranges(const std::vector<std::int64_t>& offset,
                                        std::span<const std::int32_t> trials, Copy&& copy) {
  std::vector<std::int64_t> chosen{0};
  chosen.reserve(trials.size() + 1);
  for (const std::int32_t trial : trials) {
    const auto n = static_cast<std::size_t>(trial);
    copy(offset[n], offset[n + 1]);
    chosen.push_back(chosen.back() + offset[n + 1] - offset[n]);
  }
  return chosen;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from, std::int64_t first, std::int64_t last) {
  to.insert(to.end(), from.begin() + first, from.begin() + last);
}

}  // namespace

UnitTotals unit_totals(const Dataset& data) {
  std::vector<double> observed(data.sessions());
  for (std::size_t n = 0; n < data.trials(); ++n)
    observed[static_cast<std::size_t>(data.trial.session[n])] += data.trial.observed_until[n];
  UnitTotals totals{std::vector<double>(data.units()), std::vector<double>(data.units())};
  for (std::size_t u = 0; u < data.units(); ++u)
    totals.exposure[u] = observed[static_cast<std::size_t>(data.unit.session[u])];
  for (const auto u : data.spike.unit) ++totals.events[static_cast<std::size_t>(u)];
  for (std::size_t i = 0; i < data.count.unit.size(); ++i)
    totals.events[static_cast<std::size_t>(data.count.unit[i])] += data.count.value[i];
  return totals;
}

std::vector<std::vector<std::size_t>> trials_by_session(const Dataset& data) {
  std::vector<std::vector<std::size_t>> of_session(data.sessions());
  for (std::size_t n = 0; n < data.trials(); ++n)
    of_session[static_cast<std::size_t>(data.trial.session[n])].push_back(n);
  return of_session;
}

std::vector<std::int64_t> trial_numbers(const Dataset& data) {
  if (!data.trial.number.empty()) return data.trial.number;
  std::vector<std::int64_t> number, next(data.sessions());
  number.reserve(data.trials());
  for (const auto session : data.trial.session)
    number.push_back(next[static_cast<std::size_t>(session)]++);
  return number;
}

std::vector<std::int64_t> session_trial_counts(const Dataset& data) {
  if (!data.session_trials.empty()) return data.session_trials;
  std::vector<std::int64_t> count(data.sessions());
  const std::vector<std::int64_t> number = trial_numbers(data);
  for (std::size_t n = 0; n < data.trials(); ++n) {
    auto& of_session = count[static_cast<std::size_t>(data.trial.session[n])];
    of_session = std::max(of_session, number[n] + 1);
  }
  return count;
}

std::vector<std::int32_t> units_by_session_and_region(const Dataset& data) {
  std::vector<std::int32_t> units(data.sessions() * data.regions(), 0);
  for (std::size_t u = 0; u < data.units(); ++u) {
    const auto session = static_cast<std::size_t>(data.unit.session[u]);
    ++units[session * data.regions() + static_cast<std::size_t>(data.unit.region[u])];
  }
  return units;
}

std::vector<std::int32_t> alphabetical_regions(const Dataset& data) {
  std::vector<std::int32_t> regions(data.regions());
  std::iota(regions.begin(), regions.end(), 0);
  const auto name = [&](std::int32_t region) -> const std::string& {
    return data.region_names[static_cast<std::size_t>(region)];
  };
  std::sort(regions.begin(), regions.end(),
            [&](std::int32_t a, std::int32_t b) { return name(a) < name(b); });
  return regions;
}

Dataset select_trials(const Dataset& data, std::span<const std::int32_t> trials) {
  for (const std::int32_t trial : trials) {
    if (trial < 0 || static_cast<std::size_t>(trial) >= data.trials())
      throw std::out_of_range("select_trials: no such trial");
  }

  const auto features = static_cast<std::int64_t>(data.features());
  Dataset chosen;
  chosen.source = data.source;
  chosen.time_limit = data.time_limit;
  chosen.bin_width = data.bin_width;
  chosen.session_names = data.session_names;
  chosen.session_trials = session_trial_counts(data);
  chosen.region_names = data.region_names;
  chosen.stimulus_names = data.stimulus_names;
  chosen.unit = data.unit;

  const std::vector<std::int64_t> number = trial_numbers(data);
  for (const std::int32_t trial : trials) {
    const auto n = static_cast<std::size_t>(trial);
    chosen.trial.session.push_back(data.trial.session[n]);
    append(chosen.trial.stimulus, data.trial.stimulus, trial * features, (trial + 1) * features);
    chosen.trial.response_time.push_back(data.trial.response_time[n]);
    chosen.trial.choice.push_back(data.trial.choice[n]);
    chosen.trial.observed_until.push_back(data.trial.observed_until[n]);
    chosen.trial.number.push_back(number[n]);
  }

  if (data.binned()) {
    chosen.count.offset =
        select_ranges(data.count.offset, trials, [&](std::int64_t first, std::int64_t last) {
          append(chosen.count.bin, data.count.bin, first, last);
          append(chosen.count.unit, data.count.unit, first, last);
          append(chosen.count.value, data.count.value, first, last);
        });
  } else {
    chosen.spike.offset =
        select_ranges(data.spike.offset, trials, [&](std::int64_t first, std::int64_t last) {
          append(chosen.spike.time, data.spike.time, first, last);
          append(chosen.spike.unit, data.spike.unit, first, last);
        });
  }
  return chosen;
}

TrialSplit split_trials(const Dataset& data, double test_fraction, std::uint64_t seed) {
  if (!(test_fraction >= 0 && test_fraction <= 1))
    throw UsageError("the test fraction must lie in [0, 1]");
  auto of_session = trials_by_session(data);
  TrialSplit split;
  for (std::size_t session = 0; session < of_session.size(); ++session) {
    auto& trials = of_session[session];
    RandomStream random(seed, Purpose::trial_split, session);

    const auto chosen =
        static_cast<std::size_t>(std::llround(test_fraction * static_cast<double>(trials.size())));
    for (std::size_t i = 0; i < chosen; ++i)
      std::swap(trials[i], trials[i + random.below(trials.size() - i)]);
    for (std::size_t i = 0; i < trials.size(); ++i)
      (i < chosen ? split.test : split.train).push_back(static_cast<std::int32_t>(trials[i]));
  }

  std::sort(split.test.begin(), split.test.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

}  // namespace nnpoisson
