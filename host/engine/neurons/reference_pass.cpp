#include "engine/neurons/reference_pass.hpp"

#include <algorithm>
#include <cmath>

namespace nnpoisson {

NeuronReferencePass::NeuronReferencePass(const NeuronProblem& problem, const NeuronLayout& layout,
                                         const NeuronPlan& plan, const NeuronBatch& batch,
                                         const double* parameters)
    : shape_(problem.shape),
      constants_(problem.constants),
      layout_(layout),
      plan_(plan),
      batch_(batch),
      theta_(parameters),
      trunk_(bind_trunk(shape_, layout_, theta_)),
      heads_(bind_heads(shape_, layout_, constants_, plan.time_limit, theta_)),
      node_(latent_nodes(shape_.nodes)),
      mean_loading_(mean_loadings(shape_, layout_, theta_)),
      H_(size(shape_.width)),
      R_(H_ + 1),
      Q_(size(shape_.signals())),
      F_(size(shape_.features)),
      K_(node_.size()) {}

BatchLoss NeuronReferencePass::forward() {
  stimuli();
  feature_rows();
  amplitudes();
  events();
  for (const auto& session : batch_.sessions) gains(session);
  behaviour();

  BatchLoss loss;
  loss.neural = batch_.scale * (events_ + spikes_ + batch_.constant);
  loss.left = batch_.scale * behaviour_;
  loss.total = loss.neural + loss.left;
  return loss;
}

std::vector<double> NeuronReferencePass::totals() {
  stimuli();
  feature_rows();
  amplitudes();
  Numbers all;
  for (const auto& session : batch_.sessions)
    for (std::size_t n = 0; n < session.trials; ++n)
      for (std::size_t u = 0; u < session.units; ++u) all.push_back(total(session, n, u));
  return all;
}

void NeuronReferencePass::back(double* gradient) {
  to_ = gradient;
  gA_.assign(A_.size(), 0);
  gD_.assign(D_.size(), 0);
  gphi_.assign(phi_.size(), 0);
  gchannel_.assign(channel_.size(), 0);
  events_back();
  behaviour_back();
  for (const auto& session : batch_.sessions) gains_back(session);
  amplitudes_back();
  feature_rows_back();
  stimuli_back();
}

double NeuronReferencePass::dot(const double* a, const double* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

double NeuronReferencePass::log_sum_exp(const Numbers& values) {
  const double most = *std::ranges::max_element(values);
  double sum = 0;
  for (const double v : values) sum += std::exp(v - most);
  return most + std::log(sum);
}

}  // namespace nnpoisson
