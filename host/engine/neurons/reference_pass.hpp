#pragma once

#include <utility>
#include <vector>

#include "engine/neuron_backend.hpp"
#include "model/bind_neurons.hpp"

namespace nnpoisson {

/// One batch at one set of parameters: forward, then back. Plain loops in double precision, each
/// quantity in an array of its own, in the order of the equations (docs/neurons.md).
class NeuronReferencePass {
 public:
  NeuronReferencePass(const NeuronProblem& problem, const NeuronLayout& layout,
                      const NeuronPlan& plan, const NeuronBatch& batch, const double* parameters);

  BatchLoss forward();
  void back(double* gradient);
  /// As neuron_totals.
  std::vector<double> totals();

 private:
  using Numbers = std::vector<double>;
  using Index = std::uint32_t;

  static std::size_t size(int n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] const double* at(NeuronTensor t) const { return theta_ + layout_[t].offset; }
  [[nodiscard]] double* to(NeuronTensor t) const { return to_ + layout_[t].offset; }
  [[nodiscard]] std::size_t unit(const NeuronBatch::Piece& piece, std::size_t k) const {
    return plan_.unit[plan_.session_first[piece.session] + k];
  }
  [[nodiscard]] const double* phi(std::size_t s) const { return phi_.data() + s * Q_; }
  static double dot(const double* a, const double* b, std::size_t n);
  static double log_sum_exp(const Numbers& values);

  // Stimuli, the features of each row, amplitudes (reference_amplitudes.cpp).
  struct Layers {
    Numbers s, u1, h1, u2, h2, h3, signal;
    formulas::NeuronStimulus<double> columns();
  };
  void stimuli();
  void stimuli_back();
  template <bool Rate>
  void features(std::size_t s, double tau, double* out);
  template <bool Rate>
  void features_back(std::size_t s, double tau, Numbers g);
  void feature_rows();
  void feature_rows_back();
  double exponent(std::size_t i, std::size_t k, Numbers& B) const;
  void amplitudes();
  void amplitudes_back();
  [[nodiscard]] std::pair<NeuronTensor, NeuronTensor> channel_tensors() const;
  void channel_amplitudes();
  void channel_amplitudes_back();

  // Spikes and gains (reference_spikes.cpp).
  struct UnitGain {
    double q, drift, expected, count;  // expected: with drift
  };
  void events();
  void events_back();
  [[nodiscard]] formulas::EventTerm<double> event(std::size_t pair, Index e) const;
  void add_product(std::size_t pair, Index row, double g);
  [[nodiscard]] double total(const NeuronBatch::Session& session, std::size_t n,
                             std::size_t u) const;
  [[nodiscard]] UnitGain unit_gain(const NeuronBatch::Session& session, std::size_t n,
                                   std::size_t u) const;
  [[nodiscard]] double loading(std::size_t i) const {
    return shape_.shared_gain ? at(NeuronTensor::gain_c)[i] : 0;
  }
  void gains(const NeuronBatch::Session& session);
  void gains_back(const NeuronBatch::Session& session);

  // Choice and response time (reference_behaviour.cpp).
  /// A trial's channels: x and y of formulas::node_hazards.
  struct Channels {
    Numbers x, y;
  };
  struct NodeState {
    std::vector<formulas::HeadUnit<double>> units;
    formulas::NodeHazards<double> hazards{};
  };
  [[nodiscard]] Channels channels(const NeuronBatch::Trial& trial) const;
  [[nodiscard]] Numbers boost(std::size_t k) const;
  [[nodiscard]] NodeState at_node(const Channels& c, const Numbers& b) const;
  /// W times a hazard's floor.
  [[nodiscard]] double floor() const { return intensity_floor * plan_.time_limit; }
  void behaviour();
  void behaviour_back();
  void add_channel(const NeuronBatch::Trial& trial, std::size_t channel, double gx, double gy);

  const NeuronShape& shape_;
  const NeuronConstants& constants_;
  const NeuronLayout& layout_;
  const NeuronPlan& plan_;
  const NeuronBatch& batch_;
  const double* theta_;
  double* to_ = nullptr;
  formulas::NeuronTrunk<double> trunk_;
  formulas::NeuronHeads<double> heads_;
  Numbers node_, mean_loading_;
  std::size_t H_, R_, Q_, F_, K_;

  std::vector<Layers> layers_;
  Numbers phi_, prior_, gphi_, gh3_;        // [S x Q], log [S x K]
  Numbers D_, gD_;                          // [rows x (H+1)]
  Numbers A_, gA_;                          // [pairs x (H+1)]
  Numbers channel_, gchannel_;              // [S x channels x (H+1)]
  std::vector<Numbers> gains_, posterior_;  // [trials][K]
  double events_ = 0, spikes_ = 0, behaviour_ = 0;
};

}  // namespace nnpoisson
