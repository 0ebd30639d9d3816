#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace nnpoisson {

/// What is known of one trial's spikes at each value of the latent, nats.
struct SpikeParts {
  std::vector<double> prior;    ///< [K] log p(node | stimulus)
  std::vector<double> of_unit;  ///< [units of the session x K] log p(the unit's spikes | node)
};

/// log p of the spikes of each group, alone and given the trial's spikes outside of the group.
struct GroupLikelihoods {
  std::vector<double> alone, given_others;  ///< [groups]; a group without units has 0
};
/// `group`: [units of the session] the group of each.
[[nodiscard]] GroupLikelihoods group_likelihoods(const SpikeParts& parts,
                                                 std::span<const std::size_t> group,
                                                 std::size_t groups);

}  // namespace nnpoisson
