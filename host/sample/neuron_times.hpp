#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nnpoisson/curves.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

/// A model by neuron under one stimulus, made for drawing many events: features on a grid of times,
/// which all units share. The model must outlive it.
class NeuronTimes {
 public:
  NeuronTimes(const Model& model, std::span<const double> stimulus);

  [[nodiscard]] const NeuronCurves& curves() const { return curves_; }

  /// Lambda of a unit at time 0 .. W with these features (curves().rise(time)).
  [[nodiscard]] double total(std::size_t unit, double time, std::span<const double> rise) const;
  /// The time, s, at which a unit's Lambda reaches `cumulative`: of the cubic through the grid's
  /// values and slopes, which is nearer to Lambda than 1e-6 of its growth.
  [[nodiscard]] double time_of(std::size_t unit, double cumulative) const;

  /// The inverse of both actions' cumulative hazard together at a node; it refers to this object.
  [[nodiscard]] InverseCurve response_time(std::size_t node) const;

 private:
  [[nodiscard]] Growth at_grid(std::size_t unit, std::size_t cell) const;
  [[nodiscard]] Growth response(std::size_t node, double time) const;

  NeuronCurves curves_;
  double limit_;
  std::size_t rows_ = 0;
  std::vector<double> rise_, rate_;                  // [grid x rows]
  std::vector<std::vector<Growth>> response_table_;  // [K]
};

}  // namespace nnpoisson
