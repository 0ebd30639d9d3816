#include "plan/partition.hpp"

#include <algorithm>
#include <numeric>

#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

/// NumPy's array_split: the first (n mod parts) pieces are one longer. Each piece is put in
/// ascending order.
std::vector<std::vector<std::int32_t>> array_split(const std::vector<std::int32_t>& values,
                                                   int parts) {
  std::vector<std::vector<std::int32_t>> pieces;
  const auto n = static_cast<int>(values.size());
  auto from = values.begin();
  for (int p = 0; p < parts; ++p) {
    const auto to = from + n / parts + (p < n % parts ? 1 : 0);
    pieces.emplace_back(from, to);
    std::sort(pieces.back().begin(), pieces.back().end());
    from = to;
  }
  return pieces;
}

}  // namespace

std::vector<std::int32_t> trials_of_region(const Dataset& data, std::int32_t region,
                                           std::span<const std::int32_t> trials) {
  const auto units = units_by_session_and_region(data);
  std::vector<std::int32_t> mine;
  for (const auto n : trials) {
    const auto session = static_cast<std::size_t>(data.trial.session[static_cast<std::size_t>(n)]);
    if (units[session * data.regions() + static_cast<std::size_t>(region)] > 0) mine.push_back(n);
  }
  return mine;
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
    auto mine = trials_of_region(data, region, trials);
    std::vector<std::int32_t> shuffled;
    for (const auto i : random.permutation(static_cast<std::int32_t>(mine.size())))
      shuffled.push_back(mine[static_cast<std::size_t>(i)]);
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

}  // namespace nnpoisson
