#pragma once

#include "baselines/session_units.hpp"
#include "baselines/training_sets.hpp"
#include "baselines/workers.hpp"
#include "evaluate/neurons/spike_parts.hpp"
#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

/// Poisson GLMs by unit, fitted on `sets` with the ridge that cross-validation over its trials
/// finds best, beside the model's `likelihoods` on the trials `own`: into `baselines` and
/// `glm_ridges` of the evaluation.
void evaluate_neuron_baselines(const Model& model, const BaselineTrials& own,
                               const SessionUnits& units, const TrainingSets& sets,
                               const SpikeLikelihoods& likelihoods,
                               const ConstantLikelihoods& constant,
                               const EvaluationOptions& options, NeuronEvaluation& evaluation,
                               Workers& workers);

}  // namespace nnpoisson
