#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/random.hpp"

namespace nnpoisson::testing {

enum class Responses {
  mixed,  ///< in time, exactly at W, late, at an unknown time, neither left nor right, none;
          ///< observed to W or cut short
  none    ///< none seen, observed to W
};

/// What a random recording is like. With three regions or more, the second has units that never
/// spike and the last has no units; the others have one to four units in each of some sessions. The
/// order of names is not that of the file.
struct RandomDataset {
  std::uint64_t seed = 1;
  int sessions = 3, regions = 3, trials = 23, features = 2;
  int stimuli = 4;             ///< distinct ones; 0: every trial its own
  double time_limit = 0.75;    ///< s
  double bin_width = 0;        ///< s; 0: exact times
  double spikes_per_unit = 3;  ///< mean, in a trial observed to W
  Responses responses = Responses::mixed;
};

namespace detail {

inline void add_units(Dataset& data, const RandomDataset& like, RandomStream& random) {
  for (std::int32_t s = 0; s < like.sessions; ++s)
    for (std::int32_t g = 0; g < like.regions; ++g) {
      const bool without_units = like.regions >= 3 && g == like.regions - 1;
      if (without_units || (s > 0 && (s + g) % 3 == 0)) continue;
      for (auto k = random.below(4) + 1; k > 0; --k) {
        data.unit.session.push_back(s);
        data.unit.region.push_back(g);
        data.unit.id.push_back(static_cast<std::int64_t>(data.unit.id.size()) * 3 - 1);
      }
    }
}

/// Response, choice and the end of observation of trial n.
inline void add_outcome(Dataset& data, Responses responses, std::size_t n, RandomStream& random) {
  const double W = data.time_limit, nan = std::numeric_limits<double>::quiet_NaN();
  const std::int8_t side = random.below(2) ? 1 : -1;
  double response = nan, until = W;
  std::int8_t choice = 0;
  switch (responses == Responses::none ? 6 : n % 9) {
    case 3:
      response = W, choice = side;
      break;
    case 4:
      response = W * (1 + random.uniform()), choice = side;
      break;
    case 5:
      choice = side;
      break;
    case 6:
      break;
    case 7:
      until = W * (0.3 + 0.6 * random.uniform());
      break;
    case 8:
      response = until = W * (0.2 + 0.7 * random.uniform());
      break;
    default:
      response = until = W * (0.15 + 0.8 * random.uniform()), choice = side;
  }
  data.trial.response_time.push_back(response);
  data.trial.choice.push_back(choice);
  data.trial.observed_until.push_back(until);
}

/// One trial's spikes, ascending; some times lie on a coarse grid, so that trials share them.
inline std::vector<std::pair<double, std::int32_t>> spikes_of_trial(const Dataset& data,
                                                                    const RandomDataset& like,
                                                                    std::size_t n,
                                                                    RandomStream& random) {
  const double until = data.trial.observed_until[n];
  std::vector<std::pair<double, std::int32_t>> spikes;
  for (std::size_t u = 0; u < data.units(); ++u) {
    if (data.unit.session[u] != data.trial.session[n] ||
        (like.regions >= 3 && data.unit.region[u] == 1))
      continue;
    for (auto k = random.poisson(like.spikes_per_unit * until / like.time_limit); k > 0; --k) {
      double time = until * random.uniform();
      if (random.below(3) == 0) time = std::floor(time * 32) / 32;
      spikes.emplace_back(time, static_cast<std::int32_t>(u));
    }
  }
  std::sort(spikes.begin(), spikes.end());
  return spikes;
}

}  // namespace detail

/// A recording that `validate` accepts; the same for the same description.
inline Dataset random_dataset(const RandomDataset& like) {
  RandomStream random(like.seed, Purpose::spikes);
  Dataset data;
  data.time_limit = like.time_limit;
  data.bin_width = like.bin_width;
  for (int s = 0; s < like.sessions; ++s)
    data.session_names.push_back("session " + std::to_string(s));
  for (int g = 0; g < like.regions; ++g)
    data.region_names.emplace_back(1, static_cast<char>('a' + (g * 7 + 4) % 26));
  for (int f = 0; f < like.features; ++f)
    data.stimulus_names.push_back("feature " + std::to_string(f));
  detail::add_units(data, like, random);

  const auto features = static_cast<std::size_t>(like.features),
             trials = static_cast<std::size_t>(like.trials);
  const std::size_t stimuli = like.stimuli > 0 ? static_cast<std::size_t>(like.stimuli) : trials;
  std::vector<double> stimulus(stimuli * features);
  for (auto& s : stimulus) s = random.uniform() - 0.3;
  auto& offset = like.bin_width > 0 ? data.count.offset : data.spike.offset;
  offset.push_back(0);
  for (std::size_t n = 0; n < trials; ++n) {
    data.trial.session.push_back(
        static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(like.sessions))));
    const auto shown = like.stimuli > 0 ? random.below(stimuli) : n;
    for (std::size_t f = 0; f < features; ++f)
      data.trial.stimulus.push_back(stimulus[shown * features + f]);
    detail::add_outcome(data, like.responses, n, random);
    const auto spikes = detail::spikes_of_trial(data, like, n, random);
    if (like.bin_width > 0) {
      const auto bins = std::floor(data.trial.observed_until[n] / like.bin_width);
      std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> counts;
      for (const auto& [time, unit] : spikes)
        if (const auto bin = std::floor(time / like.bin_width); bin < bins)
          ++counts[{static_cast<std::int32_t>(bin), unit}];
      for (const auto& [cell, count] : counts) {
        data.count.bin.push_back(cell.first);
        data.count.unit.push_back(cell.second);
        data.count.value.push_back(count);
      }
      offset.push_back(static_cast<std::int64_t>(data.count.bin.size()));
    } else {
      for (const auto& [time, unit] : spikes) {
        data.spike.time.push_back(time);
        data.spike.unit.push_back(unit);
      }
      offset.push_back(static_cast<std::int64_t>(data.spike.time.size()));
    }
  }
  return data;
}

}  // namespace nnpoisson::testing
