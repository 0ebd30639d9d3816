#include <algorithm>
#include <cmath>

#include "engine/neurons/reference_pass.hpp"

namespace nnpoisson {

NeuronReferencePass::Channels NeuronReferencePass::channels(const NeuronBatch::Trial& trial) const {
  const auto n = size(heads_.channels);
  const std::size_t s = batch_.pieces[trial.piece].stimulus;
  Channels c{Numbers(n), Numbers(n)};
  for (std::size_t i = 0; i < n; ++i) {
    const double* amplitude = channel_.data() + (s * n + i) * R_;
    c.x[i] = dot(amplitude, D_.data() + trial.wait_row * R_, R_);
    if (trial.response_row != no_row)
      c.y[i] = dot(amplitude, D_.data() + trial.response_row * R_, R_);
  }
  return c;
}

/// The channels' gains at a node; of regions, by the mean loading of their units.
NeuronReferencePass::Numbers NeuronReferencePass::boost(std::size_t k) const {
  Numbers b;
  if (shape_.heads == HeadKind::trunk) {
    for (std::size_t a = 0; a < 2; ++a) b.push_back(std::exp(heads_.delta[a] * node_[k]));
    return b;
  }
  for (const double c : mean_loading_) b.push_back(std::exp(formulas::log_gain(c, node_[k])));
  return b;
}

NeuronReferencePass::NodeState NeuronReferencePass::at_node(const Channels& c,
                                                            const Numbers& b) const {
  NodeState state{std::vector<formulas::HeadUnit<double>>(2 * size(heads_.hidden))};
  state.hazards =
      formulas::node_hazards(heads_, b.data(), c.x.data(), c.y.data(), state.units.data());
  return state;
}

void NeuronReferencePass::behaviour() {
  std::vector<Numbers> boosts;
  for (std::size_t k = 0; k < K_; ++k) boosts.push_back(boost(k));
  for (std::size_t t = 0; t < batch_.trials.size(); ++t) {
    const auto& trial = batch_.trials[t];
    const auto c = channels(trial);
    const double* prior = prior_.data() + batch_.pieces[trial.piece].stimulus * K_;
    Numbers spikes(K_), joint(K_);
    for (std::size_t k = 0; k < K_; ++k) {
      const auto h = at_node(c, boosts[k]).hazards;
      double value = -h.total[0] - h.total[1] - 2 * batch_.row_floor[trial.wait_row];
      if (trial.action >= 0) value += std::log((h.rate[trial.action] + floor()) / plan_.time_limit);
      spikes[k] = prior[k] + gains_[t][k];
      joint[k] = spikes[k] + plan_.behaviour_weight * value;
    }
    const double all = log_sum_exp(joint), without = log_sum_exp(spikes);
    spikes_ -= without;
    behaviour_ -= all - without;
    for (double& v : joint) v = std::exp(v - all);
    posterior_.push_back(std::move(joint));
  }
}

void NeuronReferencePass::behaviour_back() {
  using enum NeuronTensor;
  const auto n = size(heads_.channels);
  const bool trunk = shape_.heads == HeadKind::trunk;
  Numbers gmean(size(shape_.regions));
  for (std::size_t k = 0; k < K_; ++k) {
    const Numbers b = boost(k);
    for (std::size_t t = 0; t < batch_.trials.size(); ++t) {
      const auto& trial = batch_.trials[t];
      const std::size_t s = batch_.pieces[trial.piece].stimulus;
      const auto c = channels(trial);
      const auto state = at_node(c, b);
      const double w = posterior_[t][k] * batch_.scale;
      for (std::size_t f = 0; f < F_; ++f)
        to(prior_P)[k * F_ + f] -=
            (w - batch_.scale * std::exp(prior_[s * K_ + k])) * layers_[s].s[f];

      formulas::NodeHazards<double> g{};
      for (const std::size_t a : {0U, 1U}) g.total[a] = w * plan_.behaviour_weight;
      if (trial.action >= 0)
        g.rate[trial.action] =
            -w * plan_.behaviour_weight / (state.hazards.rate[trial.action] + floor());
      Numbers gx(n), gy(n);
      formulas::node_hazards_adjoint(heads_, b.data(), c.x.data(), c.y.data(), state.units.data(),
                                     g,
                                     {gx.data(), gy.data(), to(head_F1), to(head_f1), to(head_F2)});
      for (std::size_t i = 0; i < n; ++i) {
        const double gboost = (gx[i] * c.x[i] + gy[i] * c.y[i]) * b[i];
        if (trunk)
          to(head_delta)[i] += gboost * node_[k];
        else
          gmean[i] += gboost * (node_[k] - mean_loading_[i]);
        add_channel(trial, s * n + i, gx[i] * b[i], gy[i] * b[i]);
      }
    }
  }
  if (trunk || !shape_.shared_gain) return;
  Numbers units(gmean.size());
  for (const auto g : shape_.unit_region) ++units[size(g)];
  for (std::size_t i = 0; i < shape_.unit_region.size(); ++i) {
    const auto g = size(shape_.unit_region[i]);
    to(gain_c)[i] += gmean[g] / units[g];
  }
}

void NeuronReferencePass::add_channel(const NeuronBatch::Trial& trial, std::size_t channel,
                                      double gx, double gy) {
  for (std::size_t k = 0; k < R_; ++k) {
    gchannel_[channel * R_ + k] += gx * D_[trial.wait_row * R_ + k];
    gD_[trial.wait_row * R_ + k] += gx * channel_[channel * R_ + k];
    if (trial.response_row == no_row) continue;
    gchannel_[channel * R_ + k] += gy * D_[trial.response_row * R_ + k];
    gD_[trial.response_row * R_ + k] += gy * channel_[channel * R_ + k];
  }
}

}  // namespace nnpoisson
