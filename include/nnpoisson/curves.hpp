#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "nnpoisson/model.hpp"

namespace nnpoisson {

/// A cumulative intensity from stimulus onset to some time, and the intensity at that time.
struct Growth {
  double cumulative = 0;  ///< expected events since onset
  double intensity = 0;   ///< Hz
};

/// A cumulative hazard that is 0 at onset, with the floor, of an output that is `at_onset` there.
[[nodiscard]] inline Growth hazard_of(const Growth& output, double at_onset, double time) {
  return {output.cumulative - at_onset + intensity_floor * time,
          output.intensity + intensity_floor};
}

/// z of a region as the heads of the actions read it, and its time derivative; absolute time.
struct RegionState {
  double z = 0, dz = 0;
};

/// kappa of a trial observed until `observed_until` s: W / observed_until where the model's neural
/// time is scaled, else 1.
[[nodiscard]] double time_scale(const Model& model, double observed_until);

/// A model's outputs for one stimulus as functions of time since onset, in double precision, as the
/// `exact` likelihood means them whatever preset the model was fitted with (docs/evaluation.md):
///   column g:  Lambda(t) = (z_g(kappa t) - z_g(0)) / kappa + eps t,  lambda(t) = z_g'(kappa t) +
///   eps, of one unit of region g
///   action a:  Lambda(t) = b_a(t) - b_a(0) + eps t,                  lambda(t) = b_a'(t) + eps
/// The stimulus' layers are computed once. Holds scratch: use one object from one thread at a time.
/// `model` must outlive it.
class Curves {
 public:
  /// `stimulus`: [F] in the model's order.
  Curves(const Model& model, std::span<const double> stimulus);
  ~Curves();
  Curves(Curves&&) noexcept;
  Curves& operator=(Curves&&) noexcept;

  [[nodiscard]] Growth column(std::size_t g, double time, double scale);
  /// The columns `which` at one time.
  void columns(double time, double scale, std::span<const std::size_t> which,
               std::span<Growth> out);
  /// All columns at one time; `out`: [G].
  void columns(double time, double scale, std::span<Growth> out);
  /// Left, right.
  [[nodiscard]] std::array<Growth, 2> actions(double time);
  /// Both actions together: the hazard of any response.
  [[nodiscard]] Growth response(double time);
  /// b_a(0) of left and right, which the exact meaning leaves out and the authors' form counts.
  [[nodiscard]] std::array<double, 2> actions_at_onset() const;

  /// All regions at one time; `out`: [G].
  void regions(double time, std::span<RegionState> out);
  /// b_a = F_a(z) and its time derivative, left and right, where the regions are in these states
  /// [G]: no floor, not from 0.
  [[nodiscard]] std::array<Growth, 2> heads(std::span<const RegionState> regions);
  /// dF_a/dz_g there, [2 x G].
  void head_gradients(std::span<const RegionState> regions, std::span<double> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The inverse of a growing curve on [0, limit], limit > 0: from a table of the curve, then Newton
/// steps kept inside the bracket. Times agree with the curve to about 1e-12 relative, or to what
/// the rounding of the curve itself allows.
class InverseCurve {
 public:
  using Curve = std::function<Growth(double)>;
  /// `table`: the curve at limit * k / (table.size() - 1); at least the two ends.
  InverseCurve(Curve curve, double limit, std::vector<Growth> table);
  InverseCurve(Curve curve, double limit);

  /// The curve at `limit`.
  [[nodiscard]] double total() const { return table_.back().cumulative; }
  /// The time at which the curve reaches `cumulative`; values outside [0, total()] give the nearest
  /// end.
  [[nodiscard]] double operator()(double cumulative) const;

 private:
  Curve curve_;
  double limit_;
  std::vector<Growth> table_;
};

/// Probability of either response by some time.
struct ResponseDistribution {
  std::vector<double> time;         ///< s, from 0 to the limit in equal steps
  std::vector<double> left, right;  ///< cumulative incidence at those times
};
/// What a model says of the response to one stimulus.
struct ResponsePrediction {
  double left = 0, right = 0;  ///< probability of that response before W
  double median_time = 0;      ///< s, of responses before W
};
/// The cumulative hazards and hazards of left and right at a time.
using Actions = std::function<std::array<Growth, 2>(double)>;
/// By competing risks on these curves, up to `limit` s.
[[nodiscard]] ResponseDistribution response_distribution(const Actions& actions, double limit);
[[nodiscard]] ResponseDistribution response_distribution(Curves& curves, double limit);
/// By competing risks on these curves, whose time limit is `limit` s.
[[nodiscard]] ResponsePrediction predict_response(const Actions& actions, double limit);
[[nodiscard]] ResponsePrediction predict_response(Curves& curves, double limit);

}  // namespace nnpoisson
