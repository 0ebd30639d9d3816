#include "plan/partition.hpp"

#include <algorithm>
#include <numeric>

#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

/// As NumPy's array_split: the first (n mod parts) pieces are one longer. Each piece is put in
/// ascending order.
std::vector<std::vector<std::int32_t>> array_split(const std::vector<std::int32_t>& values,
                                                   int parts) {
  std::vector<std::vector<std::int32_t>> pieces;
  const auto n = static_cast<int>(values.size());
  auto begin = values.begin();
  for (int p = 0; p < parts; ++p) {
    const auto end = begin + n / parts + (p < n % parts ? 1 : 0);
    pieces.emplace_back(begin, end);
    std::sort(pieces.back().begin(), pieces.back().end());
    begin = end;
  }
  return pieces;
}

/// One for each part: all regions and the behaviour of its trials.
std::vector<BatchRequest> joint_requests(const PlanOptions& options,
                                         std::span<const std::int32_t> trials) {
  std::vector<BatchRequest> requests;
  for (const auto& part : joint_partition(trials, options.parts, options.seed))
    requests.push_back({.neural = part, .behaviour = part});
  return requests;
}

/// One for each part and region. The behaviour is that of all the region's trials, whatever the
/// part, so that later parts share it.
std::vector<BatchRequest> authors_requests(const Dataset& data, const PlanOptions& options,
                                           std::span<const std::int32_t> trials) {
  const auto regions = alphabetical_regions(data);
  const auto partition =
      authors_partition(data, trials, options.parts, static_cast<std::uint32_t>(options.seed));
  std::vector<BatchRequest> requests;
  for (std::size_t part = 0; part < static_cast<std::size_t>(options.parts); ++part)
    for (std::size_t k = 0; k < regions.size(); ++k) {
      BatchRequest request{.neural = partition[k][part], .behaviour = {}, .region = regions[k]};
      if (part == 0)
        request.behaviour = trials_of_region(data, regions[k], trials);
      else
        request.same_behaviour_as = k;
      requests.push_back(std::move(request));
    }
  return requests;
}

/// One for each region over all its trials, then one for the behaviour.
std::vector<BatchRequest> by_region_requests(const Dataset& data,
                                             std::span<const std::int32_t> trials) {
  std::vector<BatchRequest> requests;
  for (const auto region : alphabetical_regions(data))
    requests.push_back(
        {.neural = trials_of_region(data, region, trials), .behaviour = {}, .region = region});
  requests.push_back({.neural = {}, .behaviour = {trials.begin(), trials.end()}});
  return requests;
}

}  // namespace

std::vector<std::int32_t> trials_of_region(const Dataset& data, std::int32_t region,
                                           std::span<const std::int32_t> trials) {
  const auto units = units_by_session_and_region(data);
  std::vector<std::int32_t> chosen;
  for (const auto n : trials) {
    const auto session = static_cast<std::size_t>(data.trial.session[static_cast<std::size_t>(n)]);
    if (units[session * data.regions() + static_cast<std::size_t>(region)] > 0) chosen.push_back(n);
  }
  return chosen;
}

std::vector<std::int32_t> all_trials(const Dataset& data) {
  std::vector<std::int32_t> trials(data.trials());
  std::iota(trials.begin(), trials.end(), 0);
  return trials;
}

std::vector<std::vector<std::vector<std::int32_t>>> authors_partition(
    const Dataset& data, std::span<const std::int32_t> trials, int parts, std::uint32_t seed) {
  NumpyRandomState random(seed);
  std::vector<std::vector<std::vector<std::int32_t>>> partition;
  for (const auto region : alphabetical_regions(data)) {
    const auto of_region = trials_of_region(data, region, trials);
    std::vector<std::int32_t> shuffled;
    for (const auto i : random.permutation(static_cast<std::int32_t>(of_region.size())))
      shuffled.push_back(of_region[static_cast<std::size_t>(i)]);
    partition.push_back(array_split(shuffled, parts));
  }
  return partition;
}

std::vector<std::vector<std::vector<std::int32_t>>> authors_partition(const Dataset& data,
                                                                      int parts,
                                                                      std::uint32_t seed) {
  return authors_partition(data, all_trials(data), parts, seed);
}

std::vector<std::vector<std::int32_t>> joint_partition(std::span<const std::int32_t> trials,
                                                       int parts, std::uint64_t seed) {
  std::vector<std::int32_t> shuffled(trials.begin(), trials.end());
  RandomStream random(seed, Purpose::batches);
  for (std::size_t i = shuffled.size(); i > 1; --i)
    std::swap(shuffled[i - 1], shuffled[random.below(i)]);
  return array_split(shuffled, parts);
}

std::vector<BatchRequest> batch_requests(const Dataset& data, const PlanOptions& options,
                                         std::span<const std::int32_t> trials) {
  switch (options.grouping) {
    case Grouping::joint:
      return joint_requests(options, trials);
    case Grouping::authors:
      return authors_requests(data, options, trials);
    case Grouping::by_region:
      return by_region_requests(data, trials);
  }
  return {};
}

}  // namespace nnpoisson
