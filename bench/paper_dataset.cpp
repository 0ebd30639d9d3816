#include "paper_dataset.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "nnpoisson/random.hpp"

namespace nnpoisson {

Dataset paper_dataset(std::size_t trials_of_session) {
  constexpr std::size_t sessions = 39, regions = 42;
  constexpr double rate = 5;
  RandomStream random(1, Purpose::bootstrap);
  Dataset data;
  data.time_limit = 0.4;
  for (std::size_t g = 0; g < regions; ++g) data.region_names.push_back("R" + std::to_string(g));
  for (int f = 0; f < 8; ++f) data.stimulus_names.push_back("contrast_" + std::to_string(f));
  data.spike.offset.push_back(0);
  for (std::size_t s = 0; s < sessions; ++s) {
    data.session_names.push_back("session" + std::to_string(s));
    const auto first = data.units();
    for (std::size_t k = 0; k < 8; ++k)  // eight regions a session, every region in some session
      for (std::uint64_t units = 30 + random.below(130), u = 0; u < units; ++u) {
        data.unit.session.push_back(static_cast<std::int32_t>(s));
        data.unit.region.push_back(static_cast<std::int32_t>((s * 5 + k * 7) % regions));
        data.unit.id.push_back(static_cast<std::int64_t>(u));
      }
    const auto units = data.units() - first;
    for (std::size_t n = 0; n < trials_of_session; ++n) {
      const bool early = random.uniform() < 0.28;
      const double response = early ? 0.12 + 0.28 * random.uniform() : 0.4 + 1.1 * random.uniform();
      const double end = std::min(data.time_limit, response);
      data.trial.session.push_back(static_cast<std::int32_t>(s));
      for (const auto on : {random.below(4), random.below(4)})
        for (std::uint64_t f = 0; f < 4; ++f) data.trial.stimulus.push_back(f == on ? 1 : 0);
      data.trial.response_time.push_back(response);
      data.trial.choice.push_back(random.uniform() < 0.5 ? std::int8_t{1} : std::int8_t{-1});
      data.trial.observed_until.push_back(end);
      const auto spikes = random.poisson(rate * end * static_cast<double>(units));
      for (std::uint64_t i = 0; i < spikes; ++i) {
        data.spike.time.push_back(end * random.uniform());
        data.spike.unit.push_back(static_cast<std::int32_t>(first + random.below(units)));
      }
      std::sort(data.spike.time.begin() + data.spike.offset.back(), data.spike.time.end());
      data.spike.offset.push_back(static_cast<std::int64_t>(data.spike.time.size()));
    }
  }
  return data;
}

}  // namespace nnpoisson
