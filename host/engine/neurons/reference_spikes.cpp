#include <cmath>

#include "engine/neurons/reference_pass.hpp"

namespace nnpoisson {
namespace {

/// What no node enters.
formulas::ValueAndSlope<double> count_term(double count, double q) {
  formulas::ValueAndSlope<double> sum{0, 0};
  for (double j = 1; j < count; ++j) {
    const auto factor = formulas::count_factor(j, q);
    sum.value += factor.value;
    sum.slope += factor.slope;
  }
  return sum;
}

}  // namespace

void NeuronReferencePass::events() {
  for (std::size_t pair = 0; pair < batch_.pairs(); ++pair)
    for (Index e = batch_.entry_first[pair]; e < batch_.entry_first[pair + 1]; ++e)
      events_ += event(pair, e).loss;
}

formulas::EventTerm<double> NeuronReferencePass::event(std::size_t pair, Index e) const {
  const Index row = batch_.entry_row[e];
  const double v = dot(A_.data() + pair * R_, D_.data() + row * R_, R_) + batch_.row_floor[row];
  return formulas::event_term(v, double(batch_.entry_weight[e]));
}

void NeuronReferencePass::events_back() {
  for (std::size_t pair = 0; pair < batch_.pairs(); ++pair)
    for (Index e = batch_.entry_first[pair]; e < batch_.entry_first[pair + 1]; ++e)
      add_product(pair, batch_.entry_row[e], -batch_.scale * event(pair, e).pull);
}

/// The adjoint of amplitudes . row.
void NeuronReferencePass::add_product(std::size_t pair, Index row, double g) {
  for (std::size_t k = 0; k < R_; ++k) {
    gA_[pair * R_ + k] += g * D_[row * R_ + k];
    gD_[row * R_ + k] += g * A_[pair * R_ + k];
  }
}

/// Lambda of a unit at a trial's end.
double NeuronReferencePass::total(const NeuronBatch::Session& session, std::size_t n,
                                  std::size_t u) const {
  const auto& trial = batch_.trials[session.first_trial + n];
  const std::size_t pair = batch_.pieces[trial.piece].first_pair + u;
  return dot(A_.data() + pair * R_, D_.data() + trial.end_row * R_, R_) +
         batch_.row_floor[trial.end_row];
}

NeuronReferencePass::UnitGain NeuronReferencePass::unit_gain(const NeuronBatch::Session& session,
                                                             std::size_t n, std::size_t u) const {
  const auto& trial = batch_.trials[session.first_trial + n];
  const auto& piece = batch_.pieces[trial.piece];
  const std::size_t i = unit(piece, u);
  const double drift = shape_.drift ? dot(at(NeuronTensor::gain_d) + i * trial.drift.size(),
                                          trial.drift.data(), trial.drift.size())
                                    : 0;
  return {shape_.private_gain ? std::exp(at(NeuronTensor::gain_lnq)[i]) : 0, drift,
          total(session, n, u) * std::exp(drift),
          batch_.counts[session.first_count + n * session.units + u]};
}

void NeuronReferencePass::gains(const NeuronBatch::Session& session) {
  for (std::size_t n = 0; n < session.trials; ++n) {
    const auto& piece = batch_.pieces[batch_.trials[session.first_trial + n].piece];
    Numbers value(K_);
    for (std::size_t u = 0; u < session.units; ++u) {
      const auto g = unit_gain(session, n, u);
      for (std::size_t k = 0; k < K_; ++k) {
        const double eta = formulas::log_gain(loading(unit(piece, u)), node_[k]);
        value[k] += shape_.private_gain
                        ? formulas::private_gain_term(g.count, eta, g.q + g.count, g.expected / g.q,
                                                      std::exp(eta))
                        : formulas::shared_gain_term(g.count, eta, g.expected, std::exp(eta));
      }
      events_ -= g.count * g.drift;
      if (shape_.private_gain) events_ -= count_term(g.count, g.q).value;
    }
    gains_.push_back(std::move(value));
  }
}

void NeuronReferencePass::gains_back(const NeuronBatch::Session& session) {
  using enum NeuronTensor;
  for (std::size_t n = 0; n < session.trials; ++n) {
    const std::size_t t = session.first_trial + n;
    const auto& trial = batch_.trials[t];
    const auto& piece = batch_.pieces[trial.piece];
    for (std::size_t u = 0; u < session.units; ++u) {
      const auto g = unit_gain(session, n, u);
      const auto [q, drift, M, Y] = g;
      const std::size_t i = unit(piece, u);
      double gM = 0, gq = 0, gc = 0;
      for (std::size_t k = 0; k < K_; ++k) {
        const double c = loading(i), gain = std::exp(formulas::log_gain(c, node_[k]));
        const double w = posterior_[t][k], x = M * gain;
        const double share = shape_.private_gain ? (q + Y) / (q + x) : 1;
        gM -= w * share * gain;
        gc += w * (Y - share * x) * (node_[k] - c);
        if (shape_.private_gain) gq += w * (share * x - q * std::log1p(x / q));
      }
      const double scale = -batch_.scale;
      if (shape_.shared_gain) to(gain_c)[i] += scale * gc;
      if (shape_.private_gain) to(gain_lnq)[i] += scale * (gq + count_term(Y, q).slope);
      if (shape_.drift)
        for (std::size_t j = 0; j < trial.drift.size(); ++j)
          to(gain_d)[i * trial.drift.size() + j] += scale * (Y + gM * M) * trial.drift[j];
      add_product(piece.first_pair + u, trial.end_row, scale * gM * std::exp(drift));
    }
  }
}

}  // namespace nnpoisson
