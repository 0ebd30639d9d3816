#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "nnpoisson/curves.hpp"

namespace nnpoisson {

/// What the heads of the actions read of one stimulus, whatever the model. Holds scratch: use one
/// object from one thread at a time; the model must outlive it.
class RegionDrive {
 public:
  virtual ~RegionDrive() = default;
  /// z and dz/dt of all regions, [G].
  virtual void regions(double time, std::span<RegionState> out) = 0;
  /// b_a = F_a(z) and its time derivative, left and right, where regions are in these states.
  [[nodiscard]] virtual std::array<Growth, 2> heads(std::span<const RegionState> regions) = 0;
  /// dF_a/dz_g there, [2 x G].
  virtual void head_gradients(std::span<const RegionState> regions, std::span<double> out) = 0;
  /// Intensity of one unit of each region, [G] Hz.
  virtual void intensities(double time, std::span<double> out) = 0;
};

/// Of a model by neuron: at a latent of 0. Throws UsageError where its heads do not read regions.
[[nodiscard]] std::unique_ptr<RegionDrive> region_drive(const Model& model,
                                                        std::span<const double> stimulus);
void require_region_heads(const Model& model);

/// The cumulative hazards and hazards at a time, where `heads` gives b_a and its derivative there
/// and b_a is `at_onset` at 0.
[[nodiscard]] std::array<Growth, 2> hazards_of(std::array<Growth, 2> heads,
                                               const std::array<Growth, 2>& at_onset, double time);

}  // namespace nnpoisson
