#include <cmath>

#include "engine/neurons/reference_pass.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using formulas::DualColumn;

Column<double> col(std::vector<double>& v, std::size_t first = 0) {
  return {v.data() + first, 1};
}

/// A point's layers.
struct PointLayers {
  explicit PointLayers(std::size_t n) : m(n), dm(n), n_(n), dn(n) {}
  formulas::FeatureColumns<double> columns() { return {{col(m), col(dm)}, {col(n_), col(dn)}}; }
  std::vector<double> m, dm, n_, dn;
};

}  // namespace

formulas::NeuronStimulus<double> NeuronReferencePass::Layers::columns() {
  return {col(s), col(u1), col(h1), col(u2), col(h2), col(h3), col(signal)};
}

void NeuronReferencePass::stimuli() {
  constexpr std::size_t N = formulas::neuron_width;
  for (const Index number : batch_.stimulus) {
    const auto first = plan_.stimuli.begin() + static_cast<std::ptrdiff_t>(number * F_);
    Layers x{Numbers(first, first + static_cast<std::ptrdiff_t>(F_)),
             Numbers(N),
             Numbers(N),
             Numbers(N),
             Numbers(N),
             Numbers(H_),
             Numbers(N)};
    formulas::neuron_stimulus(trunk_, x.columns());
    phi_.insert(phi_.end(), x.s.begin(), x.s.end());
    phi_.insert(phi_.end(), x.signal.begin(), x.signal.end());

    Numbers prior(K_);
    for (std::size_t k = 0; k < K_; ++k)
      prior[k] = dot(at(NeuronTensor::prior_P) + k * F_, x.s.data(), F_);
    const double norm = log_sum_exp(prior);
    for (const double p : prior) prior_.push_back(p - norm);
    layers_.push_back(std::move(x));
  }
  gh3_.assign(layers_.size() * H_, 0);
}

void NeuronReferencePass::stimuli_back() {
  constexpr std::size_t N = formulas::neuron_width;
  const auto add = [&](NeuronTensor kernel, NeuronTensor bias, const Numbers& x, const double* g,
                       std::size_t out) {
    for (std::size_t j = 0; j < out; ++j) {
      to(bias)[j] += g[j];
      for (std::size_t i = 0; i < x.size(); ++i) to(kernel)[i * out + j] += x[i] * g[j];
    }
  };
  using enum NeuronTensor;
  for (std::size_t s = 0; s < layers_.size(); ++s) {
    Numbers gu2(N), gu1(N);
    formulas::neuron_stimulus_adjoint(trunk_, layers_[s].columns(), col(gh3_, s * H_),
                                      col(gphi_, s * Q_ + F_), col(gu2), col(gu1));
    add(A3, b3, layers_[s].h2, gh3_.data() + s * H_, H_);
    add(A2, b2, layers_[s].h1, gu2.data(), N);
    add(A1, b1, layers_[s].s, gu1.data(), N);
  }
}

template <bool Rate>
void NeuronReferencePass::features(std::size_t s, double tau, double* out) {
  PointLayers x(H_);
  formulas::neuron_features<Rate>(trunk_, tau, col(layers_[s].h3), x.columns(), {out, 1});
  out[H_] = Rate ? 1 : tau;
}

void NeuronReferencePass::feature_rows() {
  D_.assign(batch_.rows() * R_, 0);
  for (std::size_t s = 0; s < batch_.stimuli(); ++s) {
    double* row = D_.data() + batch_.row_first(s) * R_;
    for (Index i = batch_.rate_first[s]; i < batch_.rate_first[s + 1]; ++i, row += R_)
      features<true>(s, batch_.rate_time[i], row);
    for (Index i = batch_.difference_first[s]; i < batch_.difference_first[s + 1]; ++i, row += R_) {
      Numbers low(R_);
      features<false>(s, batch_.value_time[batch_.difference[i].high], row);
      features<false>(s, batch_.value_time[batch_.difference[i].low], low.data());
      for (std::size_t k = 0; k < R_; ++k) row[k] -= low[k];
    }
  }
}

template <bool Rate>
void NeuronReferencePass::features_back(std::size_t s, double tau, Numbers g) {
  PointLayers x(H_), gx(H_);
  Numbers f(H_), ga(H_);
  formulas::neuron_features<Rate>(trunk_, tau, col(layers_[s].h3), x.columns(), col(f));
  const DualColumn<double> gm{col(gx.m), col(gx.dm)}, gn{col(gx.n_), col(gx.dn)};
  formulas::neuron_features_adjoint<Rate>(trunk_, tau, x.columns(), col(g), gn, gm, col(ga));
  using enum NeuronTensor;
  for (std::size_t i = 0; i < H_; ++i) {
    to(a)[i] += ga[i];
    to(c)[i] += gx.n_[i];
    gh3_[s * H_ + i] += gx.m[i];
    for (std::size_t k = 0; k < H_; ++k) {
      to(C)[i * H_ + k] += x.m[i] * gx.n_[k];
      if (Rate) to(C)[i * H_ + k] += x.dm[i] * gx.dn[k];
    }
  }
}

void NeuronReferencePass::feature_rows_back() {
  for (std::size_t s = 0; s < batch_.stimuli(); ++s) {
    const double* row = gD_.data() + batch_.row_first(s) * R_;
    for (Index i = batch_.rate_first[s]; i < batch_.rate_first[s + 1]; ++i, row += R_)
      features_back<true>(s, batch_.rate_time[i], Numbers(row, row + R_));
    for (Index i = batch_.difference_first[s]; i < batch_.difference_first[s + 1]; ++i, row += R_) {
      Numbers g(row, row + R_);
      features_back<false>(s, batch_.value_time[batch_.difference[i].high], g);
      for (double& v : g) v = -v;
      features_back<false>(s, batch_.value_time[batch_.difference[i].low], g);
    }
  }
}

/// B of unit i, feature row k: [Q], with the region's part; its alpha.
double NeuronReferencePass::exponent(std::size_t i, std::size_t k, Numbers& B) const {
  const auto g = size(shape_.unit_region[i]);
  using enum NeuronTensor;
  for (std::size_t q = 0; q < Q_; ++q) {
    B[q] = at(region_B)[(g * R_ + k) * Q_ + q];
    if (shape_.rank == 0) B[q] += at(unit_B)[(i * R_ + k) * Q_ + q];
    for (std::size_t l = 0; l < size(shape_.rank); ++l)
      B[q] += at(unit_v)[i * size(shape_.rank) + l] * at(signal_beta)[(l * R_ + k) * Q_ + q];
  }
  return at(region_alpha)[g * R_ + k] + at(unit_alpha)[i * R_ + k];
}

void NeuronReferencePass::amplitudes() {
  Numbers B(Q_);
  for (const auto& piece : batch_.pieces)
    for (std::size_t u = 0; u < piece.units; ++u)
      for (std::size_t k = 0; k < R_; ++k) {
        const std::size_t i = unit(piece, u);
        const double alpha = exponent(i, k, B);
        A_.push_back(constants_.rate[i] * plan_.time_limit * constants_.weight[k] *
                     std::exp(alpha + dot(B.data(), phi(piece.stimulus), Q_)));
      }
  channel_amplitudes();
}

/// alpha and B of the channels: the actions' own, or the regions'.
std::pair<NeuronTensor, NeuronTensor> NeuronReferencePass::channel_tensors() const {
  using enum NeuronTensor;
  return shape_.heads == HeadKind::trunk ? std::pair(head_alpha, head_B)
                                         : std::pair(region_alpha, region_B);
}

void NeuronReferencePass::channel_amplitudes() {
  const auto [alpha, B] = channel_tensors();
  for (std::size_t s = 0; s < batch_.stimuli(); ++s)
    for (std::size_t c = 0; c < size(heads_.channels); ++c)
      for (std::size_t k = 0; k < R_; ++k) {
        const double base = shape_.heads == HeadKind::trunk ? heads_.scale[c] : 1;
        channel_.push_back(
            base * constants_.weight[k] *
            std::exp(at(alpha)[c * R_ + k] + dot(at(B) + (c * R_ + k) * Q_, phi(s), Q_)));
      }
}

void NeuronReferencePass::amplitudes_back() {
  using enum NeuronTensor;
  Numbers B(Q_);
  for (const auto& piece : batch_.pieces)
    for (std::size_t u = 0; u < piece.units; ++u)
      for (std::size_t k = 0; k < R_; ++k) {
        const std::size_t i = unit(piece, u), g = size(shape_.unit_region[i]);
        const std::size_t pair = (piece.first_pair + u) * R_ + k;
        const double slope = gA_[pair] * A_[pair];
        exponent(i, k, B);
        to(region_alpha)[g * R_ + k] += slope;
        to(unit_alpha)[i * R_ + k] += slope;
        for (std::size_t q = 0; q < Q_; ++q) {
          const double dB = slope * phi(piece.stimulus)[q];
          to(region_B)[(g * R_ + k) * Q_ + q] += dB;
          if (shape_.rank == 0) to(unit_B)[(i * R_ + k) * Q_ + q] += dB;
          for (std::size_t l = 0; l < size(shape_.rank); ++l) {
            const std::size_t v = i * size(shape_.rank) + l, b = (l * R_ + k) * Q_ + q;
            to(unit_v)[v] += dB * at(signal_beta)[b];
            to(signal_beta)[b] += dB * at(unit_v)[v];
          }
          gphi_[piece.stimulus * Q_ + q] += slope * B[q];
        }
      }
  channel_amplitudes_back();
}

void NeuronReferencePass::channel_amplitudes_back() {
  const auto [alpha, B] = channel_tensors();
  for (std::size_t s = 0, i = 0; s < batch_.stimuli(); ++s)
    for (std::size_t c = 0; c < size(heads_.channels); ++c)
      for (std::size_t k = 0; k < R_; ++k, ++i) {
        const double slope = gchannel_[i] * channel_[i];
        to(alpha)[c * R_ + k] += slope;
        for (std::size_t q = 0; q < Q_; ++q) {
          const std::size_t b = (c * R_ + k) * Q_ + q;
          to(B)[b] += slope * phi(s)[q];
          gphi_[s * Q_ + q] += slope * at(B)[b];
        }
      }
}

}  // namespace nnpoisson
