#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {

/// What a model by neuron (preset neurons) says of one stimulus, in double precision: intensities
/// of its units and hazards of both actions as functions of time (docs/neurons.md). All times in s
/// from onset, in [0, W].
class NeuronCurves {
 public:
  /// Throws UsageError where the model is not by neuron or the stimulus has other features.
  NeuronCurves(const Model& model, std::span<const double> stimulus);

  /// Features at a time less those at 0, and their time derivatives (1/s), [H + 1] each: a unit's
  /// cumulative intensity is amplitudes . rise + eps t, its intensity amplitudes . rate + eps.
  [[nodiscard]] std::vector<double> rise(double time) const;
  [[nodiscard]] std::vector<double> rate(double time) const;

  /// Of every unit, [U]: Lambda and lambda (Hz) without gains and drift.
  [[nodiscard]] std::vector<double> cumulative_intensities(double time) const;
  [[nodiscard]] std::vector<double> intensities(double time) const;
  [[nodiscard]] std::span<const double> amplitudes(std::size_t unit) const;  ///< [H + 1]

  /// Of both actions at every node of the latent, [2 x K]: Lambda, and lambda in Hz.
  [[nodiscard]] std::vector<Growth> actions(double time) const;
  [[nodiscard]] std::vector<double> cumulative_hazards(double time) const;
  [[nodiscard]] std::vector<double> hazards(double time) const;

  [[nodiscard]] const std::vector<double>& log_prior() const { return log_prior_; }  ///< [K]

  /// Of models whose heads read regions, at a latent of 0: z of every region [G], and as in Curves
  /// b_a of left and right where regions are in these states, and dF_a/dz_g there, [2 x G].
  [[nodiscard]] std::vector<RegionState> regions(double time) const;
  [[nodiscard]] std::array<Growth, 2> heads(std::span<const RegionState> regions) const;
  void head_gradients(std::span<const RegionState> regions, std::span<double> out) const;

 private:
  /// Of every channel of the heads, its sum over features and that of its rates (1/s), unboosted.
  [[nodiscard]] std::vector<RegionState> channels(double time) const;
  [[nodiscard]] std::vector<double> features(double time) const;

  const Model* model_;
  std::vector<double> h3_, amplitude_, channel_, log_prior_, at_0_;
  std::vector<double> boost_;  // [K + 1 x channels]; the last row is that of a latent of 0
};

/// psi: raised cosines of a trial's place in its session.
using DriftBumps = std::array<double, formulas::drift_bumps>;
[[nodiscard]] DriftBumps drift_bumps_at(double place);

/// The gains of a model by neuron, which must outlive it.
class NeuronGains {
 public:
  explicit NeuronGains(const Model& model);

  /// [K], of unit mean square.
  [[nodiscard]] const std::vector<double>& nodes() const { return nodes_; }
  /// c; 0 without the shared gain.
  [[nodiscard]] double loading(std::size_t unit) const { return loading_[unit]; }
  /// q; infinity without the private gain.
  [[nodiscard]] double shape(std::size_t unit) const { return shape_[unit]; }
  /// log of the drift's factor at a trial's place in its session, a number in [0, 1].
  [[nodiscard]] double log_drift(std::size_t unit, double place) const;
  [[nodiscard]] double log_drift(std::size_t unit, const DriftBumps& psi) const;
  /// What the trial's latent multiplies a unit's intensity by at node k: exp(c u - c^2 / 2).
  [[nodiscard]] double shared(std::size_t unit, std::size_t node) const;

 private:
  std::vector<double> nodes_, loading_, shape_;
  const double* drift_ = nullptr;  // [U x bumps]; null without drift
};

/// The dataset's units as the model numbers them, [U of the dataset]. Throws DataError naming the
/// first that the model does not have.
[[nodiscard]] std::vector<std::size_t> model_units(const Model& model, const Dataset& data);

/// Of every trial: its place in its session, number / (trials of the session - 1), in [0, 1].
[[nodiscard]] std::vector<double> session_places(const Dataset& data);

/// What one trial of a dataset tells under the model, nats. Log-likelihoods of spike times are of
/// densities in 1/s; of counts, log y! is in them.
struct NeuronTrialReading {
  double spikes = 0;                 ///< log p(spikes | stimulus)
  double behaviour = 0;              ///< log p(choice and response time | stimulus)
  double joint = 0;                  ///< log p of both
  std::vector<double> prior;         ///< [K] log p(node | stimulus)
  std::vector<double> of_spikes;     ///< [K] log p(spikes | node)
  std::vector<double> of_behaviour;  ///< [K] log p(behaviour | node)
  std::vector<double> of_unit;       ///< [units of the session x K] each unit's part of of_spikes
  std::vector<double> totals;        ///< [units of the session] Lambda at the trial's end
  /// p(node | what was seen), [K].
  [[nodiscard]] std::vector<double> posterior_of_spikes() const;
  [[nodiscard]] std::vector<double> posterior() const;
};

/// Reads trials of a dataset. The dataset and the model must outlive it.
class NeuronTrials {
 public:
  /// Throws DataError where units, stimuli or the window are not the model's.
  NeuronTrials(const Model& model, const Dataset& data);

  /// `until`, s: only what happened before it, as if the trial had ended there without a response;
  /// infinity: all of it. Counts: the bins that end by then.
  [[nodiscard]] NeuronTrialReading read(std::size_t trial) const;
  [[nodiscard]] NeuronTrialReading read(std::size_t trial, double until) const;
  /// log p(a unit's spikes before `until` | node) but for what no node enters, [units of the
  /// session x K]: all that a posterior of the latent needs, and much quicker than read.
  [[nodiscard]] std::vector<double> gain_terms(std::size_t trial, double until) const;
  /// log p(the response, or that there was none, before `until` | node), [K].
  [[nodiscard]] std::vector<double> behaviour_terms(std::size_t trial, double until) const;
  /// The curves of a trial's stimulus; one object for all trials of a stimulus.
  [[nodiscard]] const NeuronCurves& curves(std::size_t trial) const;
  [[nodiscard]] const std::vector<std::size_t>& units(std::size_t session) const {
    return session_units_[session];
  }  ///< of the dataset

 private:
  [[nodiscard]] std::vector<double> expected_counts(std::size_t trial, double end) const;

  const Dataset* data_;
  NeuronGains gains_;
  std::vector<std::size_t> unit_;  // of the model, by the dataset's units
  std::vector<double> place_;
  std::vector<std::vector<std::size_t>> session_units_;
  std::vector<std::size_t> stimulus_;  // of each trial
  std::vector<NeuronCurves> curves_;   // of each distinct stimulus
};

}  // namespace nnpoisson
