#pragma once

#include <cstddef>
#include <cstdint>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/progress.hpp"

namespace nnpoisson {

struct SampleOptions {
  std::uint64_t seed = 0;
  int repeats = 1;  ///< how often every trial is drawn
  int threads = 0;  ///< 0: one for each processor; the result does not depend on it
};

/// Draws what a model says of the T trials of a dataset: their sessions, units and stimuli stay,
/// their spikes, choices and response times are drawn anew; [repeats x T] trials, repeat after
/// repeat. Exact spike times, also where `trials` holds counts. Trial m of M of a session
/// (its trial_numbers(), session_trial_counts()) becomes the trials m repeats + 0, 1, ... of M
/// repeats: as far on in its session as before.
///
/// The response comes first: the two actions compete with their hazards; choice 0 and no response
/// time where neither comes before W, and observed_until = min(W, response time). Then the spikes
/// of every unit of the session up to that time, by time rescaling. Models of presets exact and
/// authors are read in the exact meaning (Curves). A draw depends only on (seed, trial number,
/// repeat).
///
/// Models by neuron (preset neurons): the trial's latent comes first, from its prior given the
/// stimulus, then the response given the latent, then each unit's private gain and its spikes, with
/// the drift at the trial's place in its session. Where `trials` holds counts, so does the result,
/// in bins of the same width: observed_until is cut to whole bins, of which a trial has one at
/// least. The dataset's units must be the model's.
///
/// Throws DataError where model and dataset do not fit together, UsageError for repeats < 1;
/// Interrupted where `watch` ends it.
[[nodiscard]] Dataset sample(const Model& model, const Dataset& trials,
                             const SampleOptions& options = {}, const Watch& watch = {});

/// A known model and trials to draw from it, for demonstrations and tests.
struct Demonstration {
  Model model;
  Dataset trials;  ///< no spikes, no responses
};

/// Of preset exact: six regions with rates of 2 to 32 Hz, transients after the stimulus, ramps and
/// activity before a choice; two contrasts, left and right, drive choices that follow the greater
/// one (0.06 to 0.93 left) and responses between about 0.2 s and the time limit of 1 s, a few
/// trials without one. Four sessions with units in some of the regions, all pairs of contrasts
/// equally often. `trials`: how many, at least 1; divided evenly between the sessions. Throws
/// UsageError.
[[nodiscard]] Demonstration demonstration(std::size_t trials);

/// Of preset neurons: two sessions of 60 units each in three regions, about 10 Hz a unit, nine
/// stimuli (three contrasts on the left and on the right) in no order, W = 1 s, all gains. Units
/// have loadings of both signs (deviation 0.5), private gains of shape 3 to 30 and drifts of
/// deviation 0.3; a latent above 0 makes choices of left likelier and earlier, and is itself
/// likelier where the left contrast is the greater one. `trials`: as above.
[[nodiscard]] Demonstration known_neurons(std::size_t trials);

}  // namespace nnpoisson
