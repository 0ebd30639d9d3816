#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// What a lesioned region's z is held at, in absolute time.
enum class Lesion : std::uint8_t {
  /// At each time its mean over the trials' stimuli: the region keeps its time course and no longer
  /// tells stimuli apart.
  stimulus,
  /// Its mean over the trials' stimuli and over [0, W]: the region no longer does anything.
  constant
};
[[nodiscard]] const char* to_string(Lesion lesion);

/// What drives the actions of one model. S distinct stimuli, G regions in the model's order, K
/// times; actions are left, right. Means over trials are means over stimuli, each weighing with its
/// trials.
struct DependencyMeasures {
  /// [2 x K] b_a(t) - b_a(0), mean over trials: the action's cumulative hazard without its floor.
  std::vector<double> hazard;
  /// [2 x G x K] of it through each region; sums over regions to `hazard`.
  std::vector<double> contribution;
  /// [2 x G x K] Hz, its time derivative: dF_a/dz_g dz_g/dt.
  std::vector<double> drive;

  /// [2 x G] of the responses before W, the part that came through each region; sums to 1 over
  /// regions.
  std::vector<double> share;
  std::vector<double> stimulus_share;  ///< [S x 2 x G] the same for each stimulus
  std::vector<double> left;            ///< [S] P(left | response before W)
  std::vector<double> median_time;     ///< [S] s, of responses before W

  std::vector<double> lesioned_left;    ///< [G x S] P(left | response before W) without the region
  std::vector<double> lesioned_median;  ///< [G x S] s
  std::vector<double> choice_change;    ///< [G] mean over trials of |change of P(left | response)|
  std::vector<double> median_change;    ///< [G] s, mean change of the median response time

  /// [G x K] Hz, of a trial observed until W, mean over trials. Of a model by neuron: mean over the
  /// region's units, without gains.
  std::vector<double> intensity;
  /// [G x K] Hz, standard deviation of that intensity over trials' stimuli.
  std::vector<double> sensitivity;
  /// [G] s: `intensity` has first gone half of its greatest change from its value at 0.
  std::vector<double> onset;
};

struct Dependencies {
  std::vector<std::string> region_names;    ///< [G]
  std::vector<std::string> stimulus_names;  ///< [F]
  Lesion lesion = Lesion::stimulus;
  std::size_t models = 0;
  std::vector<double> times;                 ///< [K] s: 0 to W in equal steps
  std::vector<std::vector<double>> stimuli;  ///< [S][F]
  std::vector<std::size_t> trials;           ///< [S]
  DependencyMeasures mean;                   ///< over models
  DependencyMeasures standard_error;         ///< of that mean, over models; NaN for one model
  std::vector<std::size_t> by_onset;         ///< regions, earliest first
  std::vector<std::size_t> by_influence[2];  ///< regions, greatest share first: left, right
};

struct DependencyOptions {
  Lesion lesion = Lesion::stimulus;
  int steps = 100;  ///< K - 1
  int threads = 0;  ///< 0: one for each processor; the result does not depend on it
};

/// Which regions drive which action, and when, for the stimuli of a dataset (docs/analysis.md).
///
/// Contributions are integrated gradients along the path that z itself takes in time: b_a(t) -
/// b_a(0) = sum_g int_0^t dF_a/dz_g dz_g/dt' dt', b_a = F_a(z). A share is int_0^W S(t) dF_a/dz_g
/// dz_g/dt dt, S the survival: the probability of a response of that action that comes through the
/// region; shares sum over regions to the action's probability less what the floor of the hazard
/// adds, and are divided by it. All is a statement about the model: regions are functions of the
/// same stimulus and time, so fits that describe a recording equally well can differ here. Give
/// several, of other seeds or folds.
///
/// Models by neuron: those whose heads read regions (model.heads = "regions", else UsageError), at
/// a latent of 0.
///
/// `models`: at least one (UsageError), all of the same regions, features and time limit. Throws
/// DataError where they or the dataset do not fit together; Interrupted where `watch` ends it.
[[nodiscard]] Dependencies dependencies(std::span<const Model> models, const Dataset& data,
                                        const DependencyOptions& options = {},
                                        const Watch& watch = {});

/// All of it as JSON; NaN becomes null.
[[nodiscard]] std::string to_json(const Dependencies& dependencies);
/// Writes to_json under a temporary name and renames it. Throws ResourceError.
void write_dependencies(const std::filesystem::path& file, const Dependencies& dependencies);

}  // namespace nnpoisson
