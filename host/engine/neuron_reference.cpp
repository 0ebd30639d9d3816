#include <algorithm>
#include <cmath>

#include "engine/neuron_backend.hpp"
#include "model/bind_neurons.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using formulas::DualColumn;
using Numbers = std::vector<double>;
using Index = std::uint32_t;

Column<double> col(Numbers& v, std::size_t first = 0) {
  return {v.data() + first, 1};
}

double log_sum_exp(const Numbers& values) {
  const double most = *std::ranges::max_element(values);
  double sum = 0;
  for (const double v : values) sum += std::exp(v - most);
  return most + std::log(sum);
}

/// One batch at one set of parameters: forward, then back. Plain loops in double precision, each
/// quantity in an array of its own, in the order of the equations (docs/neurons.md).
class BatchPass {
 public:
  BatchPass(const NeuronProblem& problem, const NeuronLayout& layout, const NeuronPlan& plan,
            const NeuronBatch& batch, const double* parameters)
      : shape_(problem.shape),
        constants_(problem.constants),
        layout_(layout),
        plan_(plan),
        batch_(batch),
        theta_(parameters),
        trunk_(bind_trunk(shape_, layout_, theta_)),
        heads_(bind_heads(shape_, layout_, constants_, plan.time_limit, theta_)),
        node_(latent_nodes(shape_.nodes)),
        H_(size(shape_.width)),
        R_(H_ + 1),
        Q_(size(shape_.signals())),
        F_(size(shape_.features)),
        K_(node_.size()) {}

  BatchLoss forward() {
    stimuli();
    feature_rows();
    amplitudes();
    events();
    for (const auto& session : batch_.sessions) gains(session);
    behaviour();
    return loss();
  }

  /// As neuron_totals.
  Numbers totals() {
    stimuli();
    feature_rows();
    amplitudes();
    Numbers all;
    for (const auto& session : batch_.sessions)
      for (std::size_t n = 0; n < session.trials; ++n)
        for (std::size_t u = 0; u < session.units; ++u) all.push_back(total(session, n, u));
    return all;
  }

  void back(double* gradient) {
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

 private:
  static std::size_t size(int n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] const double* at(NeuronTensor t) const { return theta_ + layout_[t].offset; }
  [[nodiscard]] double* to(NeuronTensor t) const { return to_ + layout_[t].offset; }
  [[nodiscard]] std::size_t unit(const NeuronBatch::Piece& piece, std::size_t k) const {
    return plan_.unit[plan_.session_first[piece.session] + k];
  }
  [[nodiscard]] double dot(const double* a, const double* b, std::size_t n) const {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
  }

  // -------------------------------------------------------------- stimuli

  struct Layers {
    Numbers s, u1, h1, u2, h2, h3, signal;
    formulas::NeuronStimulus<double> columns() {
      return {col(s), col(u1), col(h1), col(u2), col(h2), col(h3), col(signal)};
    }
  };

  void stimuli() {
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

  void stimuli_back() {
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

  // -------------------------------------------------------------- features

  template <bool Rate>
  void features(std::size_t s, double tau, double* out) {
    PointLayers x(H_);
    formulas::neuron_features<Rate>(trunk_, tau, col(layers_[s].h3), x.columns(), {out, 1});
    out[H_] = Rate ? 1 : tau;
  }
  struct PointLayers {
    explicit PointLayers(std::size_t n) : m(n), dm(n), n_(n), dn(n) {}
    formulas::FeatureColumns<double> columns() { return {{col(m), col(dm)}, {col(n_), col(dn)}}; }
    Numbers m, dm, n_, dn;
  };

  void feature_rows() {
    D_.assign(batch_.rows() * R_, 0);
    for (std::size_t s = 0; s < batch_.stimuli(); ++s) {
      double* row = D_.data() + batch_.row_first(s) * R_;
      for (Index i = batch_.rate_first[s]; i < batch_.rate_first[s + 1]; ++i, row += R_)
        features<true>(s, batch_.rate_time[i], row);
      for (Index i = batch_.difference_first[s]; i < batch_.difference_first[s + 1];
           ++i, row += R_) {
        Numbers low(R_);
        features<false>(s, batch_.value_time[batch_.difference[i].high], row);
        features<false>(s, batch_.value_time[batch_.difference[i].low], low.data());
        for (std::size_t k = 0; k < R_; ++k) row[k] -= low[k];
      }
    }
  }

  template <bool Rate>
  void features_back(std::size_t s, double tau, Numbers g) {
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

  void feature_rows_back() {
    for (std::size_t s = 0; s < batch_.stimuli(); ++s) {
      const double* row = gD_.data() + batch_.row_first(s) * R_;
      for (Index i = batch_.rate_first[s]; i < batch_.rate_first[s + 1]; ++i, row += R_)
        features_back<true>(s, batch_.rate_time[i], Numbers(row, row + R_));
      for (Index i = batch_.difference_first[s]; i < batch_.difference_first[s + 1];
           ++i, row += R_) {
        Numbers g(row, row + R_);
        features_back<false>(s, batch_.value_time[batch_.difference[i].high], g);
        for (double& v : g) v = -v;
        features_back<false>(s, batch_.value_time[batch_.difference[i].low], g);
      }
    }
  }

  // -------------------------------------------------------------- amplitudes

  /// B of unit i, feature row k: [Q], with the region's part; its alpha.
  double exponent(std::size_t i, std::size_t k, Numbers& B) const {
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

  void amplitudes() {
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
  [[nodiscard]] const double* phi(std::size_t s) const { return phi_.data() + s * Q_; }

  /// alpha and B of the channels: the actions' own, or the regions'.
  [[nodiscard]] std::pair<NeuronTensor, NeuronTensor> channel_tensors() const {
    using enum NeuronTensor;
    return shape_.heads == HeadKind::trunk ? std::pair(head_alpha, head_B)
                                           : std::pair(region_alpha, region_B);
  }
  void channel_amplitudes() {
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

  void amplitudes_back() {
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
  void channel_amplitudes_back() {
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

  // -------------------------------------------------------------- spikes

  void events() {
    for (std::size_t pair = 0; pair < batch_.pairs(); ++pair)
      for (Index e = batch_.entry_first[pair]; e < batch_.entry_first[pair + 1]; ++e)
        events_ += event(pair, e).loss;
  }
  [[nodiscard]] formulas::EventTerm<double> event(std::size_t pair, Index e) const {
    const Index row = batch_.entry_row[e];
    const double v = dot(A_.data() + pair * R_, D_.data() + row * R_, R_) + batch_.row_floor[row];
    return formulas::event_term(v, batch_.entry_weight[e]);
  }
  void events_back() {
    for (std::size_t pair = 0; pair < batch_.pairs(); ++pair)
      for (Index e = batch_.entry_first[pair]; e < batch_.entry_first[pair + 1]; ++e)
        add_product(pair, batch_.entry_row[e], -batch_.scale * event(pair, e).pull);
  }
  /// The adjoint of amplitudes . row.
  void add_product(std::size_t pair, Index row, double g) {
    for (std::size_t k = 0; k < R_; ++k) {
      gA_[pair * R_ + k] += g * D_[row * R_ + k];
      gD_[row * R_ + k] += g * A_[pair * R_ + k];
    }
  }

  // -------------------------------------------------------------- gains

  /// Lambda of a unit at a trial's end.
  [[nodiscard]] double total(const NeuronBatch::Session& session, std::size_t n,
                             std::size_t u) const {
    const auto& trial = batch_.trials[session.first_trial + n];
    const std::size_t pair = batch_.pieces[trial.piece].first_pair + u;
    return dot(A_.data() + pair * R_, D_.data() + trial.end_row * R_, R_) +
           batch_.row_floor[trial.end_row];
  }

  struct UnitGain {
    double q, drift, expected, count;  // expected: with drift
  };
  [[nodiscard]] UnitGain unit_gain(const NeuronBatch::Session& session, std::size_t n,
                                   std::size_t u) const {
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
  /// What no node enters.
  [[nodiscard]] static formulas::ValueAndSlope<double> count_term(const UnitGain& g) {
    formulas::ValueAndSlope<double> sum{0, 0};
    for (double j = 1; j < g.count; ++j) {
      const auto factor = formulas::count_factor(j, g.q);
      sum.value += factor.value;
      sum.slope += factor.slope;
    }
    return sum;
  }
  [[nodiscard]] double loading(std::size_t i) const {
    return shape_.shared_gain ? at(NeuronTensor::gain_c)[i] : 0;
  }

  void gains(const NeuronBatch::Session& session) {
    for (std::size_t n = 0; n < session.trials; ++n) {
      const auto& piece = batch_.pieces[batch_.trials[session.first_trial + n].piece];
      Numbers value(K_);
      for (std::size_t u = 0; u < session.units; ++u) {
        const auto g = unit_gain(session, n, u);
        for (std::size_t k = 0; k < K_; ++k) {
          const double eta = formulas::log_gain(loading(unit(piece, u)), node_[k]);
          value[k] += shape_.private_gain
                          ? formulas::private_gain_term(g.count, eta, g.q + g.count,
                                                        g.expected / g.q, std::exp(eta))
                          : formulas::shared_gain_term(g.count, eta, g.expected, std::exp(eta));
        }
        events_ -= g.count * g.drift;
        if (shape_.private_gain) events_ -= count_term(g).value;
      }
      gains_.push_back(std::move(value));
    }
  }

  void gains_back(const NeuronBatch::Session& session) {
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
        if (shape_.private_gain) to(gain_lnq)[i] += scale * (gq + count_term(g).slope);
        if (shape_.drift)
          for (std::size_t j = 0; j < trial.drift.size(); ++j)
            to(gain_d)[i * trial.drift.size() + j] += scale * (Y + gM * M) * trial.drift[j];
        add_product(piece.first_pair + u, trial.end_row, scale * gM * std::exp(drift));
      }
    }
  }

  // -------------------------------------------------------------- behaviour

  /// A trial's channels: x and y of formulas::node_hazards.
  struct Channels {
    Numbers x, y;
  };
  [[nodiscard]] Channels channels(const NeuronBatch::Trial& trial) const {
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
  [[nodiscard]] Numbers boost(std::size_t k) const {
    Numbers b;
    if (shape_.heads == HeadKind::trunk) {
      for (std::size_t a = 0; a < 2; ++a) b.push_back(std::exp(heads_.delta[a] * node_[k]));
      return b;
    }
    for (const double c : mean_loadings()) b.push_back(std::exp(formulas::log_gain(c, node_[k])));
    return b;
  }
  [[nodiscard]] Numbers region_units() const {
    Numbers units(size(shape_.regions));
    for (const auto g : shape_.unit_region) ++units[size(g)];
    return units;
  }
  [[nodiscard]] Numbers mean_loadings() const {
    Numbers mean(size(shape_.regions));
    const Numbers units = region_units();
    for (std::size_t i = 0; i < shape_.unit_region.size(); ++i) {
      const auto g = size(shape_.unit_region[i]);
      mean[g] += loading(i) / units[g];
    }
    return mean;
  }

  struct NodeState {
    explicit NodeState(const formulas::NeuronHeads<double>& heads)
        : units(2 * size(heads.hidden)) {}
    std::vector<formulas::HeadUnit<double>> units;
    formulas::NodeHazards<double> hazards{};
  };
  NodeState at_node(const Channels& c, const Numbers& b) const {
    NodeState state(heads_);
    state.hazards =
        formulas::node_hazards(heads_, b.data(), c.x.data(), c.y.data(), state.units.data());
    return state;
  }
  /// W times a hazard's floor.
  [[nodiscard]] double floor() const { return intensity_floor * plan_.time_limit; }

  void behaviour() {
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
        if (trial.action >= 0)
          value += std::log((h.rate[trial.action] + floor()) / plan_.time_limit);
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

  void behaviour_back() {
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
        formulas::node_hazards_adjoint(
            heads_, b.data(), c.x.data(), c.y.data(), state.units.data(), g,
            {gx.data(), gy.data(), to(head_F1), to(head_f1), to(head_F2)});
        for (std::size_t i = 0; i < n; ++i) {
          const double gboost = (gx[i] * c.x[i] + gy[i] * c.y[i]) * b[i];
          if (trunk)
            to(head_delta)[i] += gboost * node_[k];
          else
            gmean[i] += gboost * (node_[k] - mean_loadings()[i]);
          add_channel(trial, s * n + i, gx[i] * b[i], gy[i] * b[i]);
        }
      }
    }
    if (trunk || !shape_.shared_gain) return;
    const Numbers units = region_units();
    for (std::size_t i = 0; i < shape_.unit_region.size(); ++i) {
      const auto g = size(shape_.unit_region[i]);
      to(gain_c)[i] += gmean[g] / units[g];
    }
  }
  void add_channel(const NeuronBatch::Trial& trial, std::size_t channel, double gx, double gy) {
    for (std::size_t k = 0; k < R_; ++k) {
      gchannel_[channel * R_ + k] += gx * D_[trial.wait_row * R_ + k];
      gD_[trial.wait_row * R_ + k] += gx * channel_[channel * R_ + k];
      if (trial.response_row == no_row) continue;
      gchannel_[channel * R_ + k] += gy * D_[trial.response_row * R_ + k];
      gD_[trial.response_row * R_ + k] += gy * channel_[channel * R_ + k];
    }
  }

  [[nodiscard]] BatchLoss loss() const {
    BatchLoss loss;
    loss.neural = batch_.scale * (events_ + spikes_ + batch_.constant);
    loss.left = batch_.scale * behaviour_;
    loss.total = loss.neural + loss.left;
    return loss;
  }

  const NeuronShape& shape_;
  const NeuronConstants& constants_;
  const NeuronLayout& layout_;
  const NeuronPlan& plan_;
  const NeuronBatch& batch_;
  const double* theta_;
  double* to_ = nullptr;
  formulas::NeuronTrunk<double> trunk_;
  formulas::NeuronHeads<double> heads_;
  Numbers node_;
  std::size_t H_, R_, Q_, F_, K_;

  std::vector<Layers> layers_;
  Numbers phi_, prior_, gphi_, gh3_;        // [S x Q], log [S x K]
  Numbers D_, gD_;                          // [rows x (H+1)]
  Numbers A_, gA_;                          // [pairs x (H+1)]
  Numbers channel_, gchannel_;              // [S x channels x (H+1)]
  std::vector<Numbers> gains_, posterior_;  // [trials][K]
  double events_ = 0, spikes_ = 0, behaviour_ = 0;
};

class NeuronReference final : public Backend {
 public:
  NeuronReference(std::shared_ptr<const NeuronProblem> problem,
                  std::shared_ptr<const NeuronPlan> plan)
      : problem_(std::move(problem)),
        plan_(std::move(plan)),
        layout_(problem_->shape),
        penalty_(problem_->shape, layout_, problem_->centre) {}

  [[nodiscard]] std::string description() const override { return "reference (double, 1 thread)"; }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const std::size_t n = layout_.size();
    for (std::size_t b = 0, k = 0; b < batches.size(); ++b)
      for (std::size_t m = 0; m < static_cast<std::size_t>(models); ++m, ++k)
        losses[k] = loss(batches[b], parameters.subspan(m * n, n),
                         gradients.empty() ? gradients : gradients.subspan(k * n, n));
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const std::size_t n = layout_.size();
    const auto models = static_cast<std::size_t>(state.models);
    const TrainingState before = state;
    ProgramResult result;
    result.sums.resize(models);
    Numbers gradient(n);
    for (const auto b : program.batches) {
      if (stop) break;
      std::vector<BatchLoss> now(models);
      for (std::size_t m = 0; m < models; ++m) {
        now[m] = loss(b, {state.parameters.data() + m * n, n}, gradient);
        result.finite = std::isfinite(now[m].total) &&
                        std::ranges::all_of(gradient, [](double g) { return std::isfinite(g); });
        if (!result.finite) {
          state = before;
          result.failed = now[m];
          return result;
        }
        update(state, m, gradient, program);
      }
      for (std::size_t m = 0; m < models; ++m) result.sums[m] += now[m];
      ++state.step;
      ++result.steps;
    }
    return result;
  }

 private:
  /// Adam's step of one model.
  void update(TrainingState& state, std::size_t model, const Numbers& gradient,
              const TrainingProgram& program) const {
    const std::size_t first = model * layout_.size();
    const double rate =
        formulas::adam_rate(program.learning_rate[model], static_cast<double>(state.step + 1));
    for (std::size_t t = 0; t < neuron_tensor_count; ++t) {
      if ((program.held >> t & 1U) != 0) continue;
      const NeuronSlot& slot = layout_.slots()[t];
      for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
        double& weight = state.parameters[first + i];
        formulas::adam(weight, state.first_moment[first + i], state.second_moment[first + i],
                       gradient[i], rate);
        if (slot.non_negative) weight = std::max(weight, 0.0);
      }
    }
  }

  BatchLoss loss(std::uint32_t number, std::span<const double> parameters,
                 std::span<double> gradient) const {
    BatchPass pass(*problem_, layout_, *plan_, plan_->batches[number], parameters.data());
    BatchLoss loss = pass.forward();
    if (!gradient.empty()) {
      std::ranges::fill(gradient, 0.0);
      pass.back(gradient.data());
    }
    if (plan_->penalty_scale > 0) {
      loss.right = penalty_.add(parameters, plan_->penalty_scale, gradient);
      loss.total += loss.right;
    }
    return loss;
  }

  std::shared_ptr<const NeuronProblem> problem_;
  std::shared_ptr<const NeuronPlan> plan_;
  NeuronLayout layout_;
  NeuronPenalty penalty_;
};

}  // namespace

std::vector<double> neuron_totals(const NeuronProblem& problem, const NeuronPlan& plan,
                                  const NeuronBatch& batch, std::span<const double> parameters) {
  return BatchPass(problem, NeuronLayout(problem.shape), plan, batch, parameters.data()).totals();
}

std::unique_ptr<Backend> make_neuron_reference(std::shared_ptr<const NeuronProblem> problem,
                                               std::shared_ptr<const NeuronPlan> plan) {
  return std::make_unique<NeuronReference>(std::move(problem), std::move(plan));
}

}  // namespace nnpoisson
