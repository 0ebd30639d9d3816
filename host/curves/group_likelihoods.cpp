#include "curves/group_likelihoods.hpp"

#include "curves/log_sum.hpp"

namespace nnpoisson {

GroupLikelihoods group_likelihoods(const SpikeParts& parts, std::span<const std::size_t> group,
                                   std::size_t groups) {
  const std::size_t K = parts.prior.size();
  std::vector<double> everything = parts.prior, of_group(groups * K);
  std::vector<bool> has(groups);
  for (std::size_t u = 0; u < group.size(); ++u)
    for (std::size_t k = 0; k < K; ++k) {
      everything[k] += parts.of_unit[u * K + k];
      of_group[group[u] * K + k] += parts.of_unit[u * K + k];
      has[group[u]] = true;
    }

  const double all = log_of_sum(everything);
  GroupLikelihoods result{std::vector<double>(groups), std::vector<double>(groups)};
  std::vector<double> own(K), others(K);
  for (std::size_t g = 0; g < groups; ++g) {
    if (!has[g]) continue;
    for (std::size_t k = 0; k < K; ++k) {
      own[k] = parts.prior[k] + of_group[g * K + k];
      others[k] = everything[k] - of_group[g * K + k];
    }
    result.alone[g] = log_of_sum(own);
    result.given_others[g] = all - log_of_sum(others);
  }
  return result;
}

}  // namespace nnpoisson
