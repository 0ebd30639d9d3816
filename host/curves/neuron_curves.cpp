#include "nnpoisson/neuron_curves.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "model/bind_neurons.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using Numbers = std::vector<double>;

std::size_t as_size(int n) {
  return static_cast<std::size_t>(n);
}

Column<double> whole(Numbers& v) {
  return {v.data(), 1};
}

double inner(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The standardised stimulus and the signals of the network, [Q]; h3.
struct Layers {
  Numbers phi, h3;
};
Layers layers(const Model& model, const NeuronLayout& layout, std::span<const double> stimulus) {
  const NeuronShape& shape = model.neuron_shape;
  const auto& fixed = model.neuron_constants;
  constexpr auto n = static_cast<std::size_t>(formulas::neuron_width);
  Numbers s(stimulus.begin(), stimulus.end()), u1(n), h1(n), u2(n), h2(n), signal(n);
  for (std::size_t f = 0; f < s.size(); ++f) s[f] = (s[f] - fixed.mean[f]) * fixed.scale[f];
  Layers made{s, Numbers(as_size(shape.width))};
  formulas::neuron_stimulus(
      bind_trunk(shape, layout, model.parameters.data()),
      formulas::NeuronStimulus<double>{whole(s), whole(u1), whole(h1), whole(u2), whole(h2),
                                       whole(made.h3), whole(signal)});
  made.phi.insert(made.phi.end(), signal.begin(), signal.end());
  return made;
}

/// base w exp(alpha + B . phi), [H + 1], from tensors [n x (H+1)] and [n x (H+1) x Q].
void add_exponents(const Model& model, const NeuronLayout& layout, NeuronTensor alpha,
                   NeuronTensor B, std::size_t row, const Numbers& phi, Numbers& exponent) {
  const auto R = exponent.size();
  const double* a = model.parameters.data() + layout[alpha].offset + row * R;
  const double* b = model.parameters.data() + layout[B].offset + row * R * phi.size();
  for (std::size_t k = 0; k < R; ++k)
    exponent[k] += a[k] + inner(phi, {b + k * phi.size(), phi.size()});
}

void append_amplitudes(const Model& model, const Numbers& exponent, double base, Numbers& to) {
  for (std::size_t k = 0; k < exponent.size(); ++k)
    to.push_back(base * model.neuron_constants.weight[k] * std::exp(exponent[k]));
}

/// What the channels of the heads are multiplied by at each node, and at a latent of 0, [K + 1 x
/// channels].
Numbers node_boosts(const Model& model, const NeuronLayout& layout) {
  const NeuronShape& shape = model.neuron_shape;
  const double* delta = model.parameters.data() + layout[NeuronTensor::head_delta].offset;
  const auto loadings = mean_loadings(shape, layout, model.parameters.data());
  Numbers nodes = latent_nodes(shape.nodes), boosts;
  nodes.push_back(0);
  for (const double u : nodes) {
    if (shape.heads == HeadKind::trunk)
      for (const int a : {0, 1}) boosts.push_back(std::exp(delta[a] * u));
    else
      for (const double c : loadings) boosts.push_back(std::exp(formulas::log_gain(c, u)));
  }
  return boosts;
}

formulas::NeuronHeads<double> heads_of(const Model& model) {
  const NeuronShape& shape = model.neuron_shape;
  return bind_heads(shape, NeuronLayout(shape), model.neuron_constants, model.time_limit,
                    model.parameters.data());
}

/// What the formulas of the heads take, of regions in these states, and the boost of each: none.
struct HeadInputs {
  explicit HeadInputs(std::span<const RegionState> regions) : boost(regions.size(), 1) {
    for (const auto& region : regions) {
      x.push_back(region.z);
      y.push_back(region.dz);
    }
  }
  Numbers x, y, boost;
};

}  // namespace

NeuronCurves::NeuronCurves(const Model& model, std::span<const double> stimulus) : model_(&model) {
  if (model.preset != Preset::neurons)
    throw UsageError(model.source + ": is of preset " + to_string(model.preset) +
                     ", not a model by neuron");
  const NeuronShape& shape = model.neuron_shape;
  if (stimulus.size() != as_size(shape.features))
    throw UsageError(model.source + ": its stimuli have " + std::to_string(shape.features) +
                     " features, not " + std::to_string(stimulus.size()));
  const NeuronLayout layout(shape);
  const auto [phi, h3] = layers(model, layout, stimulus);
  h3_ = h3;
  const double W = model.time_limit;
  const auto R = as_size(shape.rows()), L = as_size(shape.rank);

  using enum NeuronTensor;
  for (std::size_t i = 0; i < as_size(shape.units()); ++i) {
    Numbers exponent(R);
    const auto g = as_size(shape.unit_region[i]);
    add_exponents(model, layout, region_alpha, region_B, g, phi, exponent);
    if (shape.rank == 0) {
      add_exponents(model, layout, unit_alpha, unit_B, i, phi, exponent);
    } else {
      const double* own = model.parameters.data() + layout[unit_alpha].offset + i * R;
      const double* v = model.parameters.data() + layout[unit_v].offset + i * L;
      const double* beta = model.parameters.data() + layout[signal_beta].offset;
      for (std::size_t k = 0; k < R; ++k) {
        exponent[k] += own[k];
        for (std::size_t l = 0; l < L; ++l)
          exponent[k] += v[l] * inner(phi, {beta + (l * R + k) * phi.size(), phi.size()});
      }
    }
    append_amplitudes(model, exponent, model.neuron_constants.rate[i] * W, amplitude_);
  }

  const bool trunk = shape.heads == HeadKind::trunk;
  for (std::size_t c = 0; c < (trunk ? 2 : as_size(shape.regions)); ++c) {
    Numbers exponent(R);
    add_exponents(model, layout, trunk ? head_alpha : region_alpha, trunk ? head_B : region_B, c,
                  phi, exponent);
    append_amplitudes(model, exponent, trunk ? model.neuron_constants.hazard[c] * W : 1, channel_);
  }

  double norm = 0;
  for (std::size_t k = 0; k < as_size(shape.nodes); ++k) {
    const double* P = model.parameters.data() + layout[prior_P].offset + k * stimulus.size();
    log_prior_.push_back(inner({phi.data(), stimulus.size()}, {P, stimulus.size()}));
  }
  const double most = *std::ranges::max_element(log_prior_);
  for (const double p : log_prior_) norm += std::exp(p - most);
  for (double& p : log_prior_) p -= most + std::log(norm);
  at_0_ = features(0);
  boost_ = node_boosts(model, layout);
}

std::vector<double> NeuronCurves::features(double time) const {
  const NeuronShape& shape = model_->neuron_shape;
  const NeuronLayout layout(shape);
  const auto H = as_size(shape.width);
  Numbers m(H), n(H), f(H + 1), h3 = h3_;
  const double tau = time / model_->time_limit;
  formulas::neuron_features<false>(
      bind_trunk(shape, layout, model_->parameters.data()), tau, whole(h3),
      formulas::FeatureColumns<double>{formulas::values_only(whole(m)),
                                       formulas::values_only(whole(n))},
      whole(f));
  f[H] = tau;
  return f;
}

std::vector<double> NeuronCurves::rise(double time) const {
  Numbers f = features(time);
  for (std::size_t k = 0; k < f.size(); ++k) f[k] -= at_0_[k];
  return f;
}

std::vector<double> NeuronCurves::rate(double time) const {
  const NeuronShape& shape = model_->neuron_shape;
  const NeuronLayout layout(shape);
  const auto H = as_size(shape.width);
  Numbers m(H), dm(H), n(H), dn(H), f(H + 1), h3 = h3_;
  formulas::neuron_features<true>(
      bind_trunk(shape, layout, model_->parameters.data()), time / model_->time_limit, whole(h3),
      formulas::FeatureColumns<double>{{whole(m), whole(dm)}, {whole(n), whole(dn)}}, whole(f));
  f[H] = 1;
  for (double& v : f) v /= model_->time_limit;
  return f;
}

std::span<const double> NeuronCurves::amplitudes(std::size_t unit) const {
  const std::size_t R = at_0_.size();
  return std::span(amplitude_).subspan(unit * R, R);
}

std::vector<double> NeuronCurves::cumulative_intensities(double time) const {
  const Numbers row = rise(time);
  Numbers all;
  for (std::size_t i = 0; i < as_size(model_->neuron_shape.units()); ++i)
    all.push_back(inner(amplitudes(i), row) + intensity_floor * time);
  return all;
}

std::vector<double> NeuronCurves::intensities(double time) const {
  const Numbers row = rate(time);
  Numbers all;
  for (std::size_t i = 0; i < as_size(model_->neuron_shape.units()); ++i)
    all.push_back(inner(amplitudes(i), row) + intensity_floor);
  return all;
}

std::vector<double> NeuronCurves::cumulative_hazards(double time) const {
  Numbers all;
  for (const Growth& action : actions(time)) all.push_back(action.cumulative);
  return all;
}

std::vector<double> NeuronCurves::hazards(double time) const {
  Numbers all;
  for (const Growth& action : actions(time)) all.push_back(action.intensity);
  return all;
}

std::vector<RegionState> NeuronCurves::channels(double time) const {
  const Numbers up = rise(time), slope = rate(time);
  std::vector<RegionState> all;
  for (std::size_t at = 0; at < channel_.size(); at += up.size()) {
    const std::span amplitude = std::span(channel_).subspan(at, up.size());
    all.push_back({inner(amplitude, up), inner(amplitude, slope)});
  }
  return all;
}

std::vector<Growth> NeuronCurves::actions(double time) const {
  const auto heads = heads_of(*model_);
  const HeadInputs in(channels(time));
  const std::size_t K = log_prior_.size();
  std::vector<formulas::HeadUnit<double>> units(2 * as_size(heads.hidden));
  std::vector<Growth> values(2 * K);
  for (std::size_t k = 0; k < K; ++k) {
    const double* boost = boost_.data() + k * in.x.size();
    const auto h = formulas::node_hazards(heads, boost, in.x.data(), in.y.data(), units.data());
    for (std::size_t a = 0; a < 2; ++a)
      values[a * K + k] = {h.total[a] + intensity_floor * time, h.rate[a] + intensity_floor};
  }
  return values;
}

std::vector<RegionState> NeuronCurves::regions(double time) const {
  auto all = channels(time);
  const double* boost = boost_.data() + log_prior_.size() * all.size();
  for (std::size_t g = 0; g < all.size(); ++g) {
    all[g].z *= boost[g];
    all[g].dz *= boost[g];
  }
  return all;
}

std::array<Growth, 2> NeuronCurves::heads(std::span<const RegionState> regions) const {
  const auto heads = heads_of(*model_);
  const HeadInputs in(regions);
  std::vector<formulas::HeadUnit<double>> units(2 * as_size(heads.hidden));
  const auto h =
      formulas::node_hazards(heads, in.boost.data(), in.x.data(), in.y.data(), units.data());
  return {Growth{h.total[0], h.rate[0]}, Growth{h.total[1], h.rate[1]}};
}

void NeuronCurves::head_gradients(std::span<const RegionState> regions,
                                  std::span<double> out) const {
  const auto heads = heads_of(*model_);
  const HeadInputs in(regions);
  const std::size_t G = regions.size(), hidden = 2 * as_size(heads.hidden);
  std::vector<formulas::HeadUnit<double>> units(hidden);
  static_cast<void>(
      formulas::node_hazards(heads, in.boost.data(), in.x.data(), in.y.data(), units.data()));
  Numbers F1(hidden * G), f1(hidden), F2(hidden), of_rates(G);
  std::ranges::fill(out, 0.0);
  for (const std::size_t a : {0U, 1U}) {
    formulas::NodeHazards<double> of{};
    of.total[a] = 1;
    formulas::node_hazards_adjoint(
        heads, in.boost.data(), in.x.data(), in.y.data(), units.data(), of,
        formulas::NeuronHeadsAdjoint<double>{out.data() + a * G, of_rates.data(), F1.data(),
                                             f1.data(), F2.data()});
  }
}

}  // namespace nnpoisson
