#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// Spikes of a trial observed until T are counted in [from, min(until, T)); a trial with T <= from
/// is left out. s from onset.
struct Window {
  double from = 0, until = 0;
};

/// NaN where there is nothing to estimate from.
struct Measurement {
  double value = 0;
  double standard_error = 0;  ///< over trials, by the delta method (infinitesimal jackknife)
};

/// One statistic of the recording, as the model implies it in closed form, and of trials drawn from
/// the model (NaN where none are).
struct Comparison {
  Measurement observed;
  double implied = 0;
  Measurement sampled;
};

/// Spike-count correlations at fixed stimulus between two regions, over the sessions that record
/// both.
struct RegionPair {
  std::size_t first = 0, second = 0;  ///< regions of the dataset, first <= second
  std::size_t sessions = 0;
  std::uint64_t unit_pairs = 0;  ///< pairs of different units, one of each region, in one session
  Comparison units;              ///< mean over those pairs of their correlation
  Comparison populations;        ///< of the two regions' summed counts; NaN where first == second
};

/// Choice probability: area under the ROC curve of spike counts before left against right choices
/// at fixed stimulus. Above 0.5: more spikes before choices to the left.
struct RegionChoice {
  std::size_t region = 0;  ///< of the dataset
  std::size_t sessions = 0, units = 0;
  Comparison mean_unit;   ///< mean over units
  Comparison population;  ///< of summed counts
};

struct UnitChoice {
  std::size_t unit = 0;  ///< of the dataset
  Comparison choice;
};

struct WindowCorrelations {
  Window window;
  std::size_t trials = 0;   ///< that the correlations are over: observed beyond `from`, stimulus
                            ///< shown more than once in the session
  std::size_t choices = 0;  ///< trials that choice probabilities are over
  std::vector<RegionPair> pairs;      ///< G (G + 1) / 2: (0, 0), (0, 1), ... (1, 1), ...
  std::vector<RegionChoice> regions;  ///< [G]
  std::vector<UnitChoice> units;      ///< [U], where asked for
};

struct Correlations {
  std::vector<std::string> region_names;  ///< [G] the dataset's
  Dataset::Units unit;                    ///< [U] the dataset's, where units were asked for
  std::vector<std::string> session_names;
  std::size_t sampled_trials = 0;  ///< trials drawn from the model
  std::vector<WindowCorrelations> windows;
};

struct CorrelationOptions {
  std::vector<Window> windows{};  ///< empty: one, [0, W)
  int repeats = 0;  ///< how often every trial is drawn from the model; 0: nothing is sampled
  std::uint64_t seed = 0;
  bool units = false;  ///< also the choice probability of every unit
  int threads = 0;     ///< 0: one for each processor; the result does not depend on it
};

/// How counts vary together from trial to trial at fixed stimulus, observed and implied
/// (docs/analysis.md).
///
/// Correlations: from residuals, counts less their mean over the session's trials of the same
/// stimulus; covariances are sums of residual products over all those stimuli. The model: given
/// stimulus s, response time r and choice, counts of units are independent and Poisson with mean
/// Lambda(window | s, r), so their covariance is that of Lambda over the model's own p(r | s), no
/// response included, and their variance has the mean of Lambda added; integrals over r by
/// Gauss-Legendre quadrature; stimuli weigh as in the recording, with their trials less one.
///
/// Choice probabilities: stimuli of a session with at least two left and two right responses inside
/// the window W, each weighing L R / (L + R + 1), the inverse of its variance where counts say
/// nothing. The model: counts before a choice are the mixture of Poisson counts over p(r | s,
/// choice). Models by neuron add the latent, private gains and the drift (docs/analysis.md).
///
/// Throws DataError where model and dataset do not fit together, UsageError for windows outside
/// [0, W], empty ones, or edges inside a bin of counts; Interrupted where `watch` ends it.
[[nodiscard]] Correlations correlations(const Model& model, const Dataset& data,
                                        const CorrelationOptions& options = {},
                                        const Watch& watch = {});

/// All of it as JSON; NaN becomes null.
[[nodiscard]] std::string to_json(const Correlations& correlations);
/// Writes to_json under a temporary name and renames it. Throws ResourceError.
void write_correlations(const std::filesystem::path& file, const Correlations& correlations);

}  // namespace nnpoisson
